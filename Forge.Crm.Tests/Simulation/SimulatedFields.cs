using System.Collections.Immutable;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Simulation;

/// <param name="Sample">A value that names its number so that it can be found again in any history.</param>
/// <param name="Token">What of it no platform changes.</param>
internal sealed record SimulatedField(string Name, Func<int, string> Sample, Func<int, string> Token);

/// <summary>The fields that the simulated people edit: texts, one of which platforms normalise, a number and a set.</summary>
internal static class SimulatedFields
{
    public static readonly RecordShape Shape = StandardFields.Contact.With([new Field("custom.tags", FieldType.Set)]);

    public static readonly ImmutableArray<SimulatedField> All =
    [
        new("first_name", n => $"Ann-{n}.", n => $"ann-{n}."),
        new("last_name", n => n % 2 == 0 ? $" Lee-{n}. " : $"LEE-{n}.", n => $"lee-{n}."),
        new("job_title", n => n % 7 == 0 ? "" : $"Job-{n}." + new string('x', n % 5), n => n % 7 == 0 ? "" : $"job-{n}."),
        new("lead_value", n => $"{100000 + n}.50", n => $"{100000 + n}.5"),
        new("custom.tags", n => $"tag-{n}.;all", n => $"tag-{n}."),
    ];

    public static readonly ImmutableArray<FieldMap> Maps =
        [FieldMap.Same("email", "email"), .. All.Select(field => FieldMap.Same(field.Name, field.Name))];

    /// <summary>The fields that a platform carries, as its adapter would map them.</summary>
    public static RecordMapper MapperOf(ImmutableArray<string> carried) =>
        new(RemoteKind.Contact, Shape, Maps.Where(map => carried.Contains(map.Property)));

    public static RecordShape ShapeOf(RecordKind kind) => kind == RecordKind.Contact ? Shape : StandardFields.Of(kind);
}
