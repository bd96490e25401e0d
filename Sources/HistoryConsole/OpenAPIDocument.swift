/// The description of the API in OpenAPI 3.1, as exact as the server: with its limits, and with tokens where it asks for them.
struct OpenAPIDocument {
  let configuration: HistoryServerConfiguration

  init(_ configuration: HistoryServerConfiguration) {
    self.configuration = configuration
  }

  var text: String {
    ##"""
    {
      "openapi": "3.1.0",
      "info": {
        "title": "csmh history API",
        "version": "1",
        "summary": "The student module history of an Open edX site, as its two flags say.",
        "description": "Histories are told newest first, in pages. A record that was copied and still stands in both tables is told once. An unknown query parameter is an error, and so is an unknown member of a body.",
        "license": {"name": "Apache License 2.0", "identifier": "Apache-2.0"}
      },
      "paths": {
        "/health": {"get": {
          "operationId": "getHealth", "summary": "Whether the server lives. Asks no database, takes no token.",
          "responses": {
            "200": {"description": "It lives.", "content": {"application/json": {
              "schema": {"$ref": "#/components/schemas/Health"}, "example": {"status": "alive"}}}},
            \##(errors(["400"]))}}},
        "/ready": {"get": {
          "operationId": "getReadiness",
          "summary": "Whether the databases that the flags need can be read now. Takes no token.",
          "responses": {
            "200": {"description": "They can.", "content": {"application/json": {
              "schema": {"$ref": "#/components/schemas/Readiness"}, "example": {"status": "ready"}}}},
            \##(errors(["400", "500", "503"]))}}},
        "/openapi.json": {"get": {
          "operationId": "getDescription", "summary": "This document. Takes no token.",
          "responses": {
            "200": {"description": "An OpenAPI document.", "content": {"application/json": {
              "schema": {"type": "object", "required": ["openapi", "info", "paths"]}}}},
            \##(errors(["400", "500", "503"]))}}},
        "/v1/flags": {"get": {
          "operationId": "getFlags", "summary": "What the two flags are, what they mean, and what could be changed.",
          \##(security(.read))
          "responses": {
            "200": {"description": "The flags. What comes from the journal is up to 30 seconds old.",
              "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Flags"}}}},
            \##(errors(["400", "500", "502", "503"], .read))}}},
        "/v1/student-modules/{id}/history": {
          "parameters": [{"$ref": "#/components/parameters/ID"}],
          "get": {
            "operationId": "getHistory", "summary": "A page of the history of one student module.",
            \##(security(.read))
            "parameters": [{"$ref": "#/components/parameters/Limit"}, {"$ref": "#/components/parameters/Cursor"}],
            "responses": {
              "200": {"description": "A page; empty if nothing was recorded.", "content": {"application/json": {
                "schema": {"$ref": "#/components/schemas/History"}}}},
              \##(errors(["400", "500", "502", "503"], .read))}},
          "delete": {
            "operationId": "deleteHistory",
            "summary": "Removes all records of a student module from both tables. It can be repeated.",
            \##(security(.write))
            "responses": {
              "200": {"description": "How many records were removed; 0 if there were none.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Deletion"}}}},
              \##(errors(["400", "500", "502", "503"], .write))}}},
        "/v1/student-modules/{id}/submissions": {
          "parameters": [{"$ref": "#/components/parameters/ID"}],
          "get": {
            "operationId": "getSubmissions",
            "summary": "The whole history of one student module as Open edX shows it to course staff.",
            "description": "Number 1 is the oldest. Up to \##(configuration.maximumSubmissionCount) records, and \##(configuration.maximumSubmissionBytes) bytes of states; longer histories are told in pages only.",
            \##(security(.read))
            "responses": {
              "200": {"description": "The submissions, the newest first.", "content": {"application/json": {
                "schema": {"$ref": "#/components/schemas/Submissions"}}}},
              \##(errors(["400", "422", "500", "502", "503"], .read))}}},
        "/v1/history": {"get": {
          "operationId": "getHistories", "summary": "A page of the history of up to 200 student modules, in one order.",
          \##(security(.read))
          "parameters": [
            {"name": "student_module_id", "in": "query", "required": true, "style": "form", "explode": true,
              "schema": {"type": "array", "minItems": 1, "maxItems": 200,
                "items": {"$ref": "#/components/schemas/StudentModuleID"}}, "example": [1, 2]},
            {"$ref": "#/components/parameters/Limit"}, {"$ref": "#/components/parameters/Cursor"}],
          "responses": {
            "200": {"description": "A page.", "content": {"application/json": {
              "schema": {"$ref": "#/components/schemas/History"}}}},
            \##(errors(["400", "500", "502", "503"], .read))}}},
        "/v1/records": {"post": {
          "operationId": "saveState", "summary": "Keeps a state of a student module in its history.",
          \##(security(.write))
          "requestBody": {"required": true, "content": {"application/json": {
            "schema": {"$ref": "#/components/schemas/StateToSave"},
            "example": {"student_module_id": 17, "modified": "2015-10-16T12:53:20.000001Z",
              "state": "{\"attempts\": 1}", "grade": 1, "max_grade": 3, "request_id": "6f1c"}}}},
          "responses": {
            "201": {"description": "The record as it was stored.", "content": {"application/json": {
              "schema": {"$ref": "#/components/schemas/Recorded"}}}, "links": {\##(links)}},
            "200": {"description": "Nothing was stored: the history of such blocks is not kept.",
              "content": {"application/json": {"schema": {"$ref": "#/components/schemas/NotRecorded"},
                "example": {"recorded": false, "record": null}}}},
            \##(errors(["400", "408", "413", "415", "422", "500", "502", "503"], .write))}}}
      },
      "components": {
        "parameters": {\##(parameters)},
        "schemas": {\##(schemas)},
        "responses": {\##(responses)}\##(securitySchemes)
      }
    }
    """##
  }

  /// References to the errors that an operation can end with.
  private func errors(_ statuses: [String], _ access: BearerTokens.Access? = nil) -> String {
    var statuses = statuses
    if let access, configuration.tokens.protects(access) { statuses += access == .write ? ["401", "403"] : ["401"] }
    return statuses.sorted().map { ##""\##($0)": {"$ref": "#/components/responses/Error\##($0)"}"## }
      .joined(separator: ", ")
  }

  /// What can be asked next about a record that was stored. A deletion is not linked: it empties a history, and an empty history is
  /// still there, while testers take a linked deletion for the end of what it names.
  private var links: String {
    ["getHistory", "getSubmissions"].map {
      ##""\##($0)": {"operationId": "\##($0)", "parameters": {"id": "$response.body#/record/student_module_id"}}"##
    }.joined(separator: ", ")
  }

  private func security(_ access: BearerTokens.Access) -> String {
    configuration.tokens.protects(access) ? ##""security": [{"bearer": []}],"## : ""
  }

  private var securitySchemes: String {
    configuration.tokens.areAbsent
      ? ""
      : ##","securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "description": "The read token reads. The write token reads and writes."}}"##
  }
}
