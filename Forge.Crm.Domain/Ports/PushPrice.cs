namespace Forge.Crm.Domain.Ports;

/// <param name="Calls">HTTP calls.</param>
/// <param name="Tokens">Of the account's budget, where the platform prices its calls; else 0.</param>
public readonly record struct PushCost(long Calls, long Tokens)
{
    public static PushCost operator +(PushCost a, PushCost b) => new(a.Calls + b.Calls, a.Tokens + b.Tokens);
}

/// <summary>
/// What it costs to push one kind of change, with the reading before it and after it, in full batches. An estimate: retries, associations and what
/// a half-full batch wastes come on top.
/// </summary>
/// <param name="Batch">Records that share the batch's calls.</param>
public sealed record PushPrice(int Batch, int CallsABatch, int CallsARecord = 0, int TokensABatch = 0, int TokensARecord = 0)
{
    public PushCost Of(long records)
    {
        var batches = (records + Batch - 1) / Batch;
        return new((batches * CallsABatch) + (records * CallsARecord), (batches * TokensABatch) + (records * TokensARecord));
    }
}
