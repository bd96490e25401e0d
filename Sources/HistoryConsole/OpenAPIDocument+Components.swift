extension OpenAPIDocument {
  var parameters: String {
    ##"""
    "ID": {"name": "id", "in": "path", "required": true, "description": "The student module's primary key.",
      "schema": {"$ref": "#/components/schemas/StudentModuleID"}, "example": 17},
    "Limit": {"name": "limit", "in": "query", "description": "The most records of the page.",
      "schema": {"type": "integer", "minimum": 1, "maximum": \##(configuration.maximumPageSize),
        "default": \##(configuration.defaultPageSize)}, "example": 20},
    "Cursor": {"name": "cursor", "in": "query", "description": "The next_cursor of the page before; absent for the newest records.",
      "schema": {"$ref": "#/components/schemas/Cursor"}, "example": "e1200-o84"}
    """##
  }

  var responses: String {
    let all: [(status: String, description: String, header: String?)] = [
      ("400", "The path, the query or the body is malformed.", nil),
      ("401", "No token that is known was sent.", "WWW-Authenticate"),
      ("403", "The token is for reading.", nil),
      ("408", "The body took more than \(configuration.bodyTimeout.components.seconds) seconds.", nil),
      ("413", "The body has more than \(configuration.maximumBodyBytes) bytes.", nil),
      ("415", "The body is not sent as application/json.", nil),
      ("422", "A database cannot hold a value, or a history is too long to be told whole.", nil),
      ("500", "A defect of csmh.", nil),
      ("502", "A database cannot be used: a login, a table or its form. Trying again does not help.", nil),
      ("503", "A database cannot be used now, or too many requests are being answered.", "Retry-After"),
    ]
    return all.map { status, description, header in
      let headers =
        header.map { ##""headers": {"\##($0)": {"required": true, "schema": {"type": "string"}}}, "## } ?? ""
      return ##"""
        "Error\##(status)": {"description": "\##(description)", \##(headers)"content": {"application/problem+json": {
          "schema": {"$ref": "#/components/schemas/Problem"}}}}
        """##
    }.joined(separator: ",\n")
  }

  var schemas: String { [valueSchemas, documentSchemas].joined(separator: ",\n") }

  private var valueSchemas: String {
    ##"""
    "StudentModuleID": {"type": "integer", "format": "int64", "minimum": 1, "maximum": 9223372036854775807},
    "RecordID": {"type": "integer", "minimum": 0, "maximum": 18446744073709551615},
    "Cursor": {"type": "string", "pattern": "^e[0-9]{0,20}-o[0-9]{0,20}$", "maxLength": 43},
    "Time": {"type": "string", "description": "In UTC. Tables can hold what no calendar has, such as 0000-00-00.",
      "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{6}Z$"},
    "Table": {"type": "string", "enum": ["original", "extended"]},
    "Grade": {"type": ["number", "null"], "format": "double"},
    "Problem": {"type": "object", "description": "RFC 9457.", "required": ["type", "title", "status", "detail"],
      "additionalProperties": false, "properties": {
        "type": {"type": "string", "const": "about:blank"}, "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599}, "detail": {"type": "string"},
        "database": {"$ref": "#/components/schemas/Table"}}},
    "Health": {"type": "object", "required": ["status"], "additionalProperties": false,
      "properties": {"status": {"const": "alive"}}},
    "Readiness": {"type": "object", "required": ["status"], "additionalProperties": false,
      "properties": {"status": {"const": "ready"}}},
    "Collisions": {"type": "array", "items": {"$ref": "#/components/schemas/RecordID"},
      "description": "Ids that both tables have with different content. Both rows are told. A request for more than 100 records of one student module need not compare copies that the migration has proven."},
    "StateToSave": {"type": "object", "required": ["student_module_id", "modified", "state"],
      "additionalProperties": false, "properties": {
        "student_module_id": {"$ref": "#/components/schemas/StudentModuleID"},
        "module_type": {"type": "string", "minLength": 1, "maxLength": 32, "default": "problem",
          "description": "Only the history of problems is kept."},
        "modified": {"type": "string", "description": "When the student module was modified, in UTC, with or without the Z.",
          "pattern": "\##(Self.timePattern)"},
        "state": {"type": ["string", "null"], "description": "The state as JSON text. It is kept byte by byte."},
        "grade": {"type": ["number", "null"], "format": "double", "minimum": -1e300, "maximum": 1e300},
        "max_grade": {"type": ["number", "null"], "format": "double", "minimum": -1e300, "maximum": 1e300},
        "request_id": {"type": ["string", "null"], "pattern": "^[A-Za-z0-9_.-]{1,64}$",
          "description": "Saves of a student module with the same one, within 10 minutes, update one record. The newest 10000 are known."}}}
    """##
  }

  private var documentSchemas: String {
    ##"""
    "Entry": {"type": "object", "additionalProperties": false,
      "required": ["id", "student_module_id", "created", "grade", "max_grade", "version", "state", "table"],
      "properties": {
        "id": {"$ref": "#/components/schemas/RecordID"},
        "student_module_id": {"type": "integer", "minimum": 0, "maximum": 18446744073709551615},
        "created": {"$ref": "#/components/schemas/Time"},
        "grade": {"$ref": "#/components/schemas/Grade"}, "max_grade": {"$ref": "#/components/schemas/Grade"},
        "version": {"type": ["string", "null"], "description": "Unused by Open edX since its first release."},
        "state": {"type": ["string", "null"], "description": "The text as it is stored."},
        "table": {"$ref": "#/components/schemas/Table"}}},
    "History": {"type": "object", "required": ["entries", "next_cursor", "collisions"], "additionalProperties": false,
      "properties": {
        "entries": {"type": "array", "items": {"$ref": "#/components/schemas/Entry"}, "maxItems": \##(configuration.maximumPageSize)},
        "next_cursor": {"oneOf": [{"$ref": "#/components/schemas/Cursor"}, {"type": "null"}],
          "description": "Where the next page begins; null after the last one."},
        "collisions": {"$ref": "#/components/schemas/Collisions"}}},
    "Submissions": {"type": "object", "required": ["student_module_id", "submissions", "collisions"],
      "additionalProperties": false, "properties": {
        "student_module_id": {"$ref": "#/components/schemas/StudentModuleID"},
        "submissions": {"type": "array", "maxItems": \##(configuration.maximumSubmissionCount), "items": {
          "type": "object", "additionalProperties": false,
          "required": ["number", "id", "created", "score", "max_score", "state", "table"],
          "properties": {
            "number": {"type": "integer", "minimum": 1}, "id": {"$ref": "#/components/schemas/RecordID"},
            "created": {"$ref": "#/components/schemas/Time"},
            "score": {"$ref": "#/components/schemas/Grade"}, "max_score": {"$ref": "#/components/schemas/Grade"},
            "state": {"description": "The state as JSON; its text where it is none."},
            "table": {"$ref": "#/components/schemas/Table"}}}},
        "collisions": {"$ref": "#/components/schemas/Collisions"}}},
    "Recorded": {"type": "object", "required": ["recorded", "record"], "additionalProperties": false, "properties": {
      "recorded": {"const": true}, "record": {"$ref": "#/components/schemas/Entry"}}},
    "NotRecorded": {"type": "object", "required": ["recorded", "record"], "additionalProperties": false, "properties": {
      "recorded": {"const": false}, "record": {"type": "null"}}},
    "Deletion": {"type": "object", "required": ["student_module_id", "deleted"], "additionalProperties": false, "properties": {
      "student_module_id": {"$ref": "#/components/schemas/StudentModuleID"},
      "deleted": {"type": "object", "required": ["original", "extended"], "additionalProperties": false, "properties": {
        "original": {"type": "integer", "minimum": 0}, "extended": {"type": "integer", "minimum": 0}}}}},
    "Flags": {"type": "object", "additionalProperties": false,
      "required": ["ENABLE_CSMH_EXTENDED", "READ_ONLY_FROM_CSMHE", "meaning", "phase", "starting_id", "upper_bound", "changes"],
      "properties": {
        "ENABLE_CSMH_EXTENDED": {"type": "boolean"}, "READ_ONLY_FROM_CSMHE": {"type": "boolean"},
        "meaning": {"type": "string"},
        "phase": {"type": ["string", "null"], "description": "Of the migration; null without a journal."},
        "starting_id": {"type": ["integer", "null"], "minimum": 0}, "upper_bound": {"type": ["integer", "null"], "minimum": 0},
        "changes": {"type": "array", "items": {
          "type": "object", "required": ["flag", "value", "verdict", "reason"], "additionalProperties": false, "properties": {
            "flag": {"enum": ["ENABLE_CSMH_EXTENDED", "READ_ONLY_FROM_CSMHE"]}, "value": {"type": "boolean"},
            "verdict": {"enum": ["safe", "unsafe"]}, "reason": {"type": "string"}}}}}}
    """##
  }

  /// The days that exist from the year 1000 on, leap years included, and a time of day.
  private static let timePattern =
    "^(?:[1-9][0-9]{3}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    + "|02-(?:0[1-9]|1[0-9]|2[0-8]))|(?:[1-9][0-9](?:0[48]|[2468][048]|[13579][26])|(?:[2468][048]|[13579][26])00)"
    + "-02-29)T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:[.][0-9]{1,6})?Z?$"
}
