using System.Text.Json.Nodes;

namespace Forge.Crm.LocalHost.Pipedrive;

/// <summary>Users, activity types (version 1), pipelines, stages and fields (version 2).</summary>
internal static class PipedriveSettings
{
    public static JsonObject Users(PipedriveCall call) =>
        PipedriveCall.Success(new JsonArray([.. call.Account.Users.Select(user => User(call.Account, user))]));

    public static JsonObject User(PipedriveCall call) => PipedriveCall.Success(User(
        call.Account, call.Account.Users.Find(user => PipedriveNumbers.Text(user.Id) == call.Route("id")) ?? throw PipedriveProblem.NotFound("user")));

    /// <summary>Of the one whose token it is; the company's description comes with it.</summary>
    public static JsonObject Me(PipedriveCall call)
    {
        var me = User(call.Account, call.Account.Users[0]);
        me["is_you"] = true;
        me["company_id"] = call.Account.CompanyId;
        me["company_name"] = "Example Company";
        me["company_domain"] = call.Account.Domain;
        me["company_country"] = "EE";
        me["company_industry"] = "IT Consultancy & Services";
        me["language"] = new JsonObject { ["language_code"] = "en", ["country_code"] = "US" };
        return PipedriveCall.Success(me);
    }

    public static JsonObject ActivityTypes(PipedriveCall call) => PipedriveCall.Success(new JsonArray([.. call.Account.ActivityTypes.Select((type, i) => new JsonObject
    {
        ["id"] = type.Id,
        ["name"] = type.Name,
        ["key_string"] = type.Key,
        ["icon_key"] = type.Key,
        ["active_flag"] = type.IsActive,
        ["color"] = "FFFFFF",
        ["is_custom_flag"] = type.IsCustom,
        ["order_nr"] = i + 1,
        ["add_time"] = "2026-01-01 00:00:00",
        ["update_time"] = "2026-01-01 00:00:00",
    })]));

    public static JsonObject Pipelines(PipedriveCall call) => Page(call, call.Account.Pipelines.Select((pipeline, i) => new JsonObject
    {
        ["id"] = pipeline.Id,
        ["name"] = pipeline.Name,
        ["order_nr"] = i + 1,
        ["is_deleted"] = false,
        ["is_deal_probability_enabled"] = pipeline.HasProbability,
        ["add_time"] = "2026-01-01T00:00:00Z",
        ["update_time"] = "2026-01-01T00:00:00Z",
    }));

    public static JsonObject Stages(PipedriveCall call) => Page(call, call.Account.Stages
        .Where(stage => call.Query("pipeline_id") is not { } wanted || PipedriveNumbers.Text(stage.PipelineId) == wanted)
        .Select(stage => new JsonObject
        {
            ["id"] = stage.Id,
            ["order_nr"] = stage.Order,
            ["name"] = stage.Name,
            ["is_deleted"] = false,
            ["deal_probability"] = stage.Probability,
            ["pipeline_id"] = stage.PipelineId,
            ["is_deal_rot_enabled"] = false,
            ["days_to_rotten"] = null,
            ["add_time"] = "2026-01-01T00:00:00Z",
            ["update_time"] = "2026-01-01T00:00:00Z",
        }));

    /// <summary>The fields of a kind: Pipedrive's own, then those that people added.</summary>
    public static PipedriveHandler Fields(PipedriveEntity entity) => call => Page(call, entity.Fields
        .Select(field => Field(field.Name, field.Name, TypeOf(field.Kind), isCustom: false, field.IsOptional, []))
        .Concat(call.Account.Table(entity).CustomFields.Select(field => Field(field.Code, field.Name, field.Type, isCustom: true, isOptional: false, field.Options))));

    /// <summary>Two fields may have one name; each has a code of its own.</summary>
    public static PipedriveHandler AddField(PipedriveEntity entity) => call =>
    {
        var (name, type) = (PipedriveRecord.TextOf(call.Body["field_name"]), PipedriveRecord.TextOf(call.Body["field_type"]));
        if (name is null || type is null || !PipedriveCustomField.IsType(type))
            throw PipedriveProblem.Invalid("\"field_name\" and \"field_type\" are required");
        call.Account.AddField(entity.Plural, name, type);
        var made = call.Account.Table(entity).CustomFields[^1];
        return PipedriveCall.Success(Field(made.Code, made.Name, made.Type, isCustom: true, isOptional: false, made.Options));
    };

    private static JsonObject Field(string code, string name, string type, bool isCustom, bool isOptional, (long Id, string Label)[] options) => new()
    {
        ["field_name"] = name,
        ["field_code"] = code,
        ["field_type"] = type,
        ["options"] = options.Length == 0 ? null : new JsonArray([.. options.Select(option => new JsonObject { ["id"] = option.Id, ["label"] = option.Label })]),
        ["subfields"] = null,
        ["is_custom_field"] = isCustom,
        ["is_optional_response_field"] = isOptional,
    };

    private static string TypeOf(PipedriveFieldKind kind) => kind switch
    {
        PipedriveFieldKind.Whole => "int",
        PipedriveFieldKind.Number => "double",
        PipedriveFieldKind.Flag => "boolean",
        PipedriveFieldKind.Date or PipedriveFieldKind.Instant => "date",
        PipedriveFieldKind.Clock => "time",
        PipedriveFieldKind.User => "user",
        PipedriveFieldKind.Person or PipedriveFieldKind.Participants => "people",
        PipedriveFieldKind.Organization => "org",
        PipedriveFieldKind.Deal => "deal",
        PipedriveFieldKind.Stage => "stage",
        PipedriveFieldKind.Status => "status",
        PipedriveFieldKind.Address => "address",
        PipedriveFieldKind.Ids => "set",
        _ => "varchar",
    };

    /// <summary>The cursor is the place of the next page's first row.</summary>
    private static JsonObject Page(PipedriveCall call, IEnumerable<JsonObject> rows)
    {
        var limit = call.Number("limit", 100, 1, 500);
        var start = call.Number("cursor", 0, 0, int.MaxValue);
        var page = rows.Skip(start).Take(limit + 1).ToArray();
        return PipedriveCall.Success(
            new JsonArray([.. page.Take(limit)]), new() { ["next_cursor"] = page.Length > limit ? PipedriveNumbers.Text(start + limit) : null });
    }

    private static JsonObject User(PipedriveAccount account, PipedriveUser user) => new()
    {
        ["id"] = user.Id,
        ["name"] = user.Name,
        ["default_currency"] = account.Currency,
        ["locale"] = "et_EE",
        ["lang"] = 1,
        ["email"] = user.Email,
        ["phone"] = null,
        ["activated"] = true,
        ["last_login"] = "2026-06-29 07:53:43",
        ["created"] = "2026-06-29 07:53:01",
        ["modified"] = "2026-06-29 07:53:43",
        ["has_created_company"] = user == account.Users[0],
        ["is_you"] = user == account.Users[0],
        ["is_deleted"] = false,
        ["active_flag"] = user.IsActive,
        ["timezone_name"] = account.TimeZone,
        ["timezone_offset"] = "+02:00",
        ["role_id"] = 1,
        ["icon_url"] = null,
    };
}
