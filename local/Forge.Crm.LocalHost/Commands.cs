namespace Forge.Crm.LocalHost;

/// <summary>The verbs that do one thing and leave.</summary>
internal static class Commands
{
    public static readonly IReadOnlyDictionary<string, Func<IReadOnlyList<string>, TextWriter, CancellationToken, Task<int>>> All =
        new Dictionary<string, Func<IReadOnlyList<string>, TextWriter, CancellationToken, Task<int>>>
        {
            [Arguments.SchemaVerb] = SchemaCommand.RunAsync,
            [Arguments.TenantVerb] = TenantCommand.RunAsync,
            [Arguments.SyncVerb] = SyncCommand.RunAsync,
            [Arguments.HubSpotVerb] = HubSpotProjectCommand.RunAsync,
        };
}
