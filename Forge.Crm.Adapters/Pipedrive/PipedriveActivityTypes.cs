using System.Collections.Immutable;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Pipedrive;

/// <summary>
/// The types of activity that an account has, asked for when one is to be written, and kept for an hour. People may add some and take away any, also those that
/// an account has from the start; a key stays what it was when its type is renamed.
/// </summary>
internal sealed class PipedriveActivityTypes(TimeProvider time)
{
    private static readonly TimeSpan KeptFor = TimeSpan.FromHours(1);

    // Somebody may be adding the one that is missing.
    private static readonly TimeSpan AskedAgainAfter = TimeSpan.FromMinutes(1);

    private Known? _known;

    /// <summary>Before several are written at once, of which each would ask.</summary>
    public ValueTask LoadAsync(PipedriveDirectory directory, CancellationToken ct) => _known is { } known && time.GetUtcNow() - known.At < KeptFor
        ? ValueTask.CompletedTask
        : new(ReadAsync(directory, ct));

    /// <summary>The type that an activity gets there.</summary>
    /// <param name="wanted">The kind's own, for which any other of the same kind will do; or one that a record names, for which none will.</param>
    /// <exception cref="FormatException">The account has none that will do.</exception>
    public async ValueTask<string> KeyAsync(PipedriveDirectory directory, RemoteKind kind, string wanted, CancellationToken ct)
    {
        await LoadAsync(directory, ct);
        if (Of(_known!, kind, wanted) is { } key)
            return key;
        if (time.GetUtcNow() - _known!.At >= AskedAgainAfter)
            await ReadAsync(directory, ct);
        return Of(_known, kind, wanted) ?? throw new FormatException(
            wanted == PipedriveObjects.TypeOf(kind)
                ? $"The account has no activity type for the kind {kind.ToName()}: add one whose key is '{wanted}', or leave such records out of this connection."
                : "The account has no activity type of the name in 'type': add it there, or change the record's type.");
    }

    private async Task ReadAsync(PipedriveDirectory directory, CancellationToken ct) => _known = new(await directory.ReadActivityTypesAsync(ct), time.GetUtcNow());

    private static string? Of(Known known, RemoteKind kind, string wanted) => known.Keys.Contains(wanted) ? wanted
        : wanted == PipedriveObjects.TypeOf(kind) ? known.Keys.FirstOrDefault(key => PipedriveObjects.KindOfActivity(key) == kind)
        : null;

    private sealed record Known(ImmutableArray<string> Keys, DateTimeOffset At);
}
