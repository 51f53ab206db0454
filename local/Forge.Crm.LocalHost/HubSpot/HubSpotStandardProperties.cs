using System.Collections.Frozen;

namespace Forge.Crm.LocalHost.HubSpot;

/// <summary>HubSpot's own properties, as far as a sync meets them. Names follow the developer documentation of each object.</summary>
internal static class HubSpotStandardProperties
{
    /// <summary>In this order a record may move, never back ("Contacts guide").</summary>
    public static readonly string[] LifecycleStages =
        ["subscriber", "lead", "marketingqualifiedlead", "salesqualifiedlead", "opportunity", "customer", "evangelist", "other"];

    private const string Industries =
        "ACCOUNTING AIRLINES_AVIATION APPAREL_FASHION ARCHITECTURE_PLANNING ARTS_AND_CRAFTS AUTOMOTIVE AVIATION_AEROSPACE BANKING " +
        "BIOTECHNOLOGY BROADCAST_MEDIA BUILDING_MATERIALS CHEMICALS CIVIL_ENGINEERING COMMERCIAL_REAL_ESTATE COMPUTER_GAMES " +
        "COMPUTER_HARDWARE COMPUTER_NETWORKING COMPUTER_SOFTWARE CONSTRUCTION CONSUMER_ELECTRONICS CONSUMER_GOODS CONSUMER_SERVICES " +
        "COSMETICS DEFENSE_SPACE DESIGN E_LEARNING EDUCATION_MANAGEMENT ENTERTAINMENT EVENTS_SERVICES FARMING FINANCIAL_SERVICES " +
        "FINE_ART FOOD_BEVERAGES FOOD_PRODUCTION FURNITURE GOVERNMENT_ADMINISTRATION GRAPHIC_DESIGN HEALTH_WELLNESS_AND_FITNESS " +
        "HIGHER_EDUCATION HOSPITAL_HEALTH_CARE HOSPITALITY HUMAN_RESOURCES INFORMATION_SERVICES INFORMATION_TECHNOLOGY_AND_SERVICES " +
        "INSURANCE INTERNET LAW_PRACTICE LEGAL_SERVICES LOGISTICS_AND_SUPPLY_CHAIN MACHINERY MANAGEMENT_CONSULTING MARITIME " +
        "MARKETING_AND_ADVERTISING MECHANICAL_OR_INDUSTRIAL_ENGINEERING MEDICAL_DEVICES MEDICAL_PRACTICE MINING_METALS MUSIC " +
        "NON_PROFIT_ORGANIZATION_MANAGEMENT OIL_ENERGY PHARMACEUTICALS PHOTOGRAPHY PRINTING PUBLISHING REAL_ESTATE RENEWABLES_ENVIRONMENT " +
        "RESEARCH RESTAURANTS RETAIL SPORTS STAFFING_AND_RECRUITING TELECOMMUNICATIONS TEXTILES TRANSPORTATION_TRUCKING_RAILROAD " +
        "UTILITIES VENTURE_CAPITAL_PRIVATE_EQUITY WAREHOUSING WHOLESALE WINE_AND_SPIRITS WIRELESS";

    private static readonly FrozenDictionary<string, string[]> Allowed = new Dictionary<string, string[]>
    {
        ["lifecyclestage"] = LifecycleStages,
        ["hs_lead_status"] = Words("NEW OPEN IN_PROGRESS OPEN_DEAL UNQUALIFIED ATTEMPTED_TO_CONTACT CONNECTED BAD_TIMING"),
        ["industry"] = Words(Industries),
        ["dealtype"] = Words("newbusiness existingbusiness"),
        ["deal_currency_code"] = Words("EUR USD GBP CHF JPY CAD AUD SEK NOK DKK PLN CZK"),
        ["hs_call_direction"] = Words("INBOUND OUTBOUND"),
        ["hs_call_status"] =
            Words("BUSY CALLING_CRM_USER CANCELED COMPLETED CONNECTING FAILED IN_PROGRESS NO_ANSWER QUEUED RINGING"),
        ["hs_email_direction"] = Words("EMAIL INCOMING_EMAIL FORWARDED_EMAIL"),
        ["hs_email_status"] = Words("BOUNCED FAILED SCHEDULED SENDING SENT"),
        ["hs_meeting_outcome"] = Words("SCHEDULED COMPLETED RESCHEDULED NO_SHOW CANCELED"),
        ["hs_task_status"] = Words("NOT_STARTED IN_PROGRESS WAITING COMPLETED DEFERRED"),
        ["hs_task_priority"] = Words("NONE LOW MEDIUM HIGH"),
        ["hs_task_type"] = Words("EMAIL CALL TODO"),
    }.ToFrozenDictionary();

    private static readonly FrozenSet<string> ReadOnly = new[]
    {
        "hs_object_id", "createdate", "lastmodifieddate", "hs_createdate", "hs_lastmodifieddate", "hs_merged_object_ids",
        "hs_additional_emails", "hs_deal_stage_probability", "hs_is_closed", "hs_is_closed_won", "hs_closed_amount",
        "hs_email_from_email", "hs_email_from_firstname", "hs_email_from_lastname",
    }.ToFrozenSet();

    private static readonly FrozenDictionary<char, (string Type, string FieldType)> Types = new Dictionary<char, (string, string)>
    {
        ['s'] = ("string", "text"),
        ['a'] = ("string", "textarea"),
        ['p'] = ("string", "phonenumber"),
        ['n'] = ("number", "number"),
        ['d'] = ("date", "date"),
        ['t'] = ("datetime", "date"),
        ['e'] = ("enumeration", "select"),
        ['b'] = ("bool", "booleancheckbox"),
    }.ToFrozenDictionary();

    // name:type, where the type is one letter: s text, a text area, p phone, n number, d date, t date and time, e enumeration, b boolean.
    private const string Activity = "hs_object_id:n hs_createdate:t hs_lastmodifieddate:t hs_merged_object_ids:s hs_timestamp:t " +
        "hubspot_owner_id:e hs_activity_type:e hs_attachment_ids:s ";

    private static readonly FrozenDictionary<HubSpotObjectType, HubSpotProperty[]> ByType = new Dictionary<HubSpotObjectType, string>
    {
        [HubSpotObjectType.Contact] =
            "hs_object_id:n createdate:t lastmodifieddate:t email:s firstname:s lastname:s phone:p mobilephone:p jobtitle:s company:s " +
            "website:s address:s city:s state:s zip:s country:s lifecyclestage:e hs_lead_status:e hubspot_owner_id:e " +
            "hs_additional_emails:s hs_merged_object_ids:s",
        [HubSpotObjectType.Company] =
            "hs_object_id:n createdate:t hs_lastmodifieddate:t name:s domain:s phone:p website:s industry:e numberofemployees:n " +
            "annualrevenue:n address:s city:s state:s zip:s country:s description:a lifecyclestage:e hubspot_owner_id:e " +
            "hs_merged_object_ids:s",
        [HubSpotObjectType.Deal] =
            "hs_object_id:n createdate:t hs_lastmodifieddate:t dealname:s pipeline:e dealstage:e amount:n deal_currency_code:e " +
            "closedate:t dealtype:e description:a hubspot_owner_id:e closed_lost_reason:a closed_won_reason:a " +
            "hs_deal_stage_probability:n hs_is_closed:b hs_is_closed_won:b hs_closed_amount:n hs_merged_object_ids:s",
        [HubSpotObjectType.Call] = Activity +
            "hs_call_title:s hs_call_body:a hs_call_direction:e hs_call_disposition:e hs_call_duration:n hs_call_from_number:s " +
            "hs_call_to_number:s hs_call_recording_url:s hs_call_status:e",
        [HubSpotObjectType.Email] = Activity +
            "hs_email_direction:e hs_email_status:e hs_email_subject:s hs_email_text:a hs_email_html:a hs_email_headers:a " +
            "hs_email_from_email:s hs_email_from_firstname:s hs_email_from_lastname:s",
        [HubSpotObjectType.Meeting] = Activity +
            "hs_meeting_title:s hs_meeting_body:a hs_internal_meeting_notes:a hs_meeting_location:s hs_meeting_external_url:s " +
            "hs_meeting_start_time:t hs_meeting_end_time:t hs_meeting_outcome:e",
        [HubSpotObjectType.Note] = Activity + "hs_note_body:a",
        [HubSpotObjectType.Task] = Activity +
            "hs_task_subject:s hs_task_body:a hs_task_status:e hs_task_priority:e hs_task_type:e hs_task_reminders:s",
        [HubSpotObjectType.Lead] = Activity + "hs_lead_name:s hs_lead_type:e hs_lead_label:e hs_pipeline:e hs_pipeline_stage:e",
    }.ToFrozenDictionary(row => row.Key, row => Words(row.Value).Select(Parse).ToArray());

    public static HubSpotProperty[] Of(HubSpotObjectType type) => ByType[type];

    private static HubSpotProperty Parse(string row, int ordinal)
    {
        var name = row[..^2];
        var (type, fieldType) = Types[row[^1]];
        var options = Allowed.GetValueOrDefault(name, []);
        return new HubSpotProperty(name, Label(name), type, fieldType, ordinal)
        {
            Options = [.. options.Select(value => new HubSpotOption(value, Label(value)))],
            ExternalOptions = type == "enumeration" && options.Length == 0,
            ReadOnly = ReadOnly.Contains(name),
        };
    }

    private static string Label(string name) => char.ToUpperInvariant(name[0]) + name[1..].Replace('_', ' ');

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
