using System.Collections.Immutable;
using Forge.Crm.Adapters.Supabase;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Postgres;

/// <summary>
/// A platform's settings as they are stored. What was written past the API, and cannot be read, stops this platform of this tenant, and nothing else.
/// </summary>
/// <param name="Config">Without what the tenant's fields are needed for: its strategies, and whether its mapping can be read.</param>
/// <param name="Document">Of the strategies.</param>
internal sealed record StoredSettings(SyncConfig Config, string Strategy, string[] Ranks, string Document)
{
    /// <param name="known">The tenant's shapes, where the mappings are those that they were made of.</param>
    public static (ImmutableArray<SyncConfig> Platforms, TenantShapes Shapes) Read(IReadOnlyCollection<StoredSettings> stored, TenantShapes? known)
    {
        var fields = new List<(Platform Platform, CustomField Field)>();
        var problems = new Dictionary<Platform, string>();
        foreach (var settings in stored)
        {
            if (settings.AddFields(fields) is { } problem)
                problems[settings.Config.Platform] = problem;
        }

        var shapes = known ?? TenantShapes.Of(fields.Select(field => field.Field));
        return ([.. stored.Select(settings => settings.With(shapes, problems.GetValueOrDefault(settings.Config.Platform)))], shapes);
    }

    /// <returns>Why the mapping's fields are none of the tenant's; null where they are.</returns>
    private string? AddFields(List<(Platform, CustomField)> fields)
    {
        if (CustomFieldForm.Of(Config.Platform) is not { } form)
            return null;
        return Problem(() =>
        {
            var own = CustomFieldDocument.Read(Config.Mapping, form);
            if (TenantShapes.Clash(own, fields) is { } clash)
                throw new FormatException(clash);
            fields.AddRange(own.Select(field => (Config.Platform, field)));
        });
    }

    private SyncConfig With(TenantShapes shapes, string? problem)
    {
        Strategies? strategies = null;
        var unreadable = Problem(() => strategies = StrategyDocument.Read(Strategy, Ranks, Document, shapes.Of));
        if (Config.Platform == Platform.SupabaseProject)
            problem = Problem(() => SupabaseProjectDocument.Read(Config.Mapping, shapes.Of));
        return Config with { Strategies = strategies, Problem = unreadable ?? problem, MappingProblem = problem };
    }

    private static string? Problem(Action read)
    {
        try
        {
            read();
            return null;
        }
        catch (FormatException e)
        {
            return e.Message;
        }
    }
}
