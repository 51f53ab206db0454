using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Forge.Crm.Tests.Writing;

namespace Forge.Crm.Tests.Pipedrive;

/// <summary>Pipedrive keeps the contract of writers, and what is its own.</summary>
public sealed class PipedriveWriterTests : WriterContract
{
    private static readonly CancellationToken Ct = CancellationToken.None;
    private readonly PipedriveWriterBed _bed;

    public PipedriveWriterTests()
        : this(new())
    {
    }

    private PipedriveWriterTests(PipedriveWriterBed bed)
        : base(bed) => _bed = bed;
}
