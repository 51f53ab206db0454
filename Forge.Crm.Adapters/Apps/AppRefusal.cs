namespace Forge.Crm.Adapters.Apps;

/// <summary>Why an app's message is not taken into any journal. Its name is the dead letter's reason: it holds nothing of the message.</summary>
public enum AppRefusal
{
    /// <summary>More than 64 KB.</summary>
    TooLarge,

    /// <summary>No JSON in UTF-8, or no envelope as it is published.</summary>
    Unreadable,

    /// <summary>An event of another app than the queue's.</summary>
    OtherApp,

    /// <summary>It happened longer ago than the journal tells duplicates, or is yet to happen.</summary>
    OutOfTime,

    /// <summary>There is no such tenant, it is suspended, or it has not this app. They are not told apart.</summary>
    TenantNotAllowed,
}
