using System.Globalization;

namespace Forge.Crm.LocalHost.HubSpot;

/// <content>Edits as a person makes them in HubSpot's pages: same rules and webhooks as by API, but the change source is CRM_UI.</content>
internal sealed partial class HubSpotAccount
{
    /// <returns>The new record's id.</returns>
    /// <exception cref="HubSpotProblem">A value that the API would refuse, too.</exception>
    public string Create(string type, IReadOnlyDictionary<string, string> properties)
    {
        lock (Gate)
        {
            var table = Named(type);
            var draft = HubSpotDraft.ForCreate(this, table, properties);
            return HubSpotWrites.Create(this, table, draft, HubSpotOrigin.Person).IdText;
        }
    }

    /// <returns>False when nothing changed.</returns>
    public bool Edit(string type, string id, IReadOnlyDictionary<string, string> properties)
    {
        lock (Gate)
        {
            var table = Named(type);
            var record = Live(table, id);
            return HubSpotWrites.Update(this, table, record, HubSpotDraft.ForUpdate(this, table, record, properties), HubSpotOrigin.Person);
        }
    }

    public void Archive(string type, string id)
    {
        lock (Gate)
            HubSpotWrites.Archive(this, Named(type), Live(Named(type), id), HubSpotOrigin.Person);
    }

    /// <summary>Out of the recycle bin.</summary>
    public void Restore(string type, string id)
    {
        lock (Gate)
            HubSpotWrites.Restore(this, Named(type), Any(Named(type), id), HubSpotOrigin.Person);
    }

    /// <summary>Only contacts can be erased for privacy.</summary>
    public void GdprDelete(string contactId)
    {
        lock (Gate)
            HubSpotWrites.Erase(this, Table(HubSpotObjectType.Contact), Any(Table(HubSpotObjectType.Contact), contactId), HubSpotOrigin.Person);
    }

    /// <summary>With <c>newId</c> the survivor is a new record, as HubSpot now does it, and both merged ids lead to it.</summary>
    /// <returns>The survivor's id.</returns>
    public string Merge(string type, string primaryId, string otherId, bool newId = false)
    {
        lock (Gate)
        {
            var table = Named(type);
            return HubSpotMerge.Merge(this, table, Live(table, primaryId), Live(table, otherId), newId, HubSpotOrigin.Person).IdText;
        }
    }

    /// <summary>Without a type id: by HubSpot's own unlabelled type between the two.</summary>
    public void Associate(string fromType, string fromId, string toType, string toId, int? typeId = null)
    {
        lock (Gate)
        {
            var (from, to) = (Named(fromType), Named(toType));
            Associations.Add(Live(from, fromId), Live(to, toId), [Kind(from.Type, to.Type, typeId)], HubSpotOrigin.Person);
        }
    }

    /// <summary>Without a type id: every association of the pair.</summary>
    public void Dissociate(string fromType, string fromId, string toType, string toId, int? typeId = null)
    {
        lock (Gate)
        {
            var (from, to) = (Named(fromType), Named(toType));
            if (typeId is null)
                Associations.Remove(Live(from, fromId), Live(to, toId), to.Type, HubSpotOrigin.Person);
            else
                Associations.Remove(Live(from, fromId), Live(to, toId), [Kind(from.Type, to.Type, typeId)], HubSpotOrigin.Person);
        }
    }

    /// <summary>What the record's page shows beside it: live records, by ascending id.</summary>
    public IReadOnlyList<string> AssociatedIds(string fromType, string fromId, string toType)
    {
        lock (Gate)
        {
            var to = Named(toType);
            return [.. Live(Named(fromType), fromId).Links.To(to.Type).Select(link => link.Key).Order()
                .Select(id => id.ToString(CultureInfo.InvariantCulture)).Where(id => to.Resolve(id) is { ArchivedAt: null })];
        }
    }

    /// <summary>A custom property, as a person adds it in the settings.</summary>
    /// <param name="options">Of an enumeration: values, which are their labels, too.</param>
    public void AddProperty(
        string type, string name, string dataType = "string", string fieldType = "text", bool unique = false, bool readOnly = false, params string[] options)
    {
        lock (Gate)
        {
            var properties = Named(type).Properties;
            properties.Add(new(name, name, dataType, fieldType, properties.InOrder.Count)
            {
                Unique = unique,
                ReadOnly = readOnly,
                HubSpotDefined = false,
                Options = [.. options.Select(option => new HubSpotOption(option, option))],
            });
        }
    }

    /// <summary>A word that an enumeration can take from now on, as a person adds it in the settings.</summary>
    public void AddOption(string type, string property, string value)
    {
        lock (Gate)
        {
            var properties = Named(type).Properties;
            properties.Replace(properties[property] with { Options = [.. properties[property].Options, new(value, value)] });
        }
    }

    /// <summary>Every live record of the type, by ascending id.</summary>
    public IReadOnlyList<HubSpotSnapshot> Records(string type)
    {
        lock (Gate)
        {
            var table = Named(type);
            return [.. table.InOrder.Where(record => record.ArchivedAt is null).Select(record => HubSpotSnapshot.Of(table, record))];
        }
    }

    public int Count(string type)
    {
        lock (Gate)
            return Named(type).InOrder.Count(record => record.ArchivedAt is null);
    }

    /// <summary>Live or archived; the id of a record that was merged away leads to its survivor.</summary>
    public HubSpotSnapshot? Find(string type, string id)
    {
        lock (Gate)
            return Named(type).Resolve(id) is { } record ? HubSpotSnapshot.Of(Named(type), record) : null;
    }

    private HubSpotTable Named(string type) => HubSpotObjectType.Find(type) is { } found
        ? Table(found)
        : throw HubSpotProblem.Invalid($"Unable to infer object type from: {type}");

    private static HubSpotRecord Any(HubSpotTable table, string id) => table.Resolve(id) ?? throw HubSpotProblem.NotFound();

    private static HubSpotRecord Live(HubSpotTable table, string id) =>
        Any(table, id) is { ArchivedAt: null } record ? record : throw HubSpotProblem.NotFound();

    private HubSpotAssociationType Kind(HubSpotObjectType from, HubSpotObjectType to, int? typeId) =>
        (typeId is { } id ? Associations.Types.Find(from, to, id) : Associations.Types.Unlabelled(from, to))
        ?? throw HubSpotProblem.Invalid($"No association type {typeId?.ToString(CultureInfo.InvariantCulture)} from {from.Id} to {to.Id}");
}
