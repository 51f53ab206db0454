using Forge.Crm.Domain.Apps;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.ServiceBus;

/// <summary>The queues' names. Infrastructure code creates queues of exactly these names.</summary>
public static class Queues
{
    /// <summary>The setting that says where the bus is: a connection string, or <c>ServiceBus__fullyQualifiedNamespace</c> beside it.</summary>
    public const string Connection = "ServiceBus";

    /// <summary>With sessions: a lane each.</summary>
    public const string Changes = "crm-changes";

    /// <summary>With sessions: the sync jobs of one tenant and platform each.</summary>
    public const string SyncSteps = "crm-sync-steps";

    /// <summary>With sessions: a lane each.</summary>
    public const string Pushes = "crm-pushes";

    /// <summary>With sessions: the notices of one tenant each.</summary>
    public const string Notices = "crm-notices";

    /// <summary>With sessions: what waits for the rules of one tenant each.</summary>
    public const string Rules = "crm-rules";

    /// <summary>Without sessions, as the other apps' queues: each app sends to its own, and to no other.</summary>
    public const string BidflowEvents = "crm-events-bidflow";

    public const string FolioEvents = "crm-events-folio";

    public const string HephaitosEvents = "crm-events-hephaitos";

    public const string DeadLetters = "/$deadletterqueue";

    public static string OfApp(PlatformApp app) => $"crm-events-{app.ToName()}";
}
