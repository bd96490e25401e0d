internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import StudentModuleHistory

/// An error as clients are told it (RFC 9457, application/problem+json).
///
/// It never holds a message of a database, which may quote SQL and values, nor anything of what a client sent.
struct Problem: Error, Hashable {
  let status: HTTPResponse.Status

  /// What is wrong, and what would be right, as a sentence.
  let detail: String

  /// The database that could not be used, where that is the reason.
  var database: HistorySide?

  /// Header fields that belong to the status.
  var headers: HTTPFields = [:]

  init(_ status: HTTPResponse.Status, _ detail: String, database: HistorySide? = nil, headers: HTTPFields = [:]) {
    self.status = status
    self.detail = detail
    self.database = database
    self.headers = headers
  }

  static func malformed(_ detail: String) -> Problem { Problem(.badRequest, detail) }

  static let unknownPath = Problem(.notFound, "there is nothing at this path; /openapi.json tells what there is")

  static func wrongMethod(allowed: String) -> Problem {
    Problem(.methodNotAllowed, "this path takes \(allowed)", headers: [.allow: allowed])
  }

  static let noToken = Problem(
    .unauthorized, "a bearer token is needed, and none that is known was sent",
    headers: [.wwwAuthenticate: "Bearer realm=\"csmh\""])

  static let readTokenOnly = Problem(.forbidden, "the token is for reading, and this writes")

  static let noJSON = Problem(.unsupportedMediaType, "the body must be sent as application/json, in UTF-8")

  static func tooLarge(limit: Int) -> Problem {
    // What is left of the body would have to be read to keep the connection.
    Problem(.contentTooLarge, "the body has more than \(limit) bytes", headers: [.connection: "close"])
  }

  static func tooSlow(_ limit: Duration) -> Problem {
    Problem(
      .requestTimeout, "the body took more than \(limit.components.seconds) seconds", headers: [.connection: "close"])
  }

  static let tooManyBytes = Problem(
    .serviceUnavailable, "too many large bodies are being received already",
    headers: [.retryAfter: "1", .connection: "close"])

  static func tooManyRequests(limit: Int) -> Problem {
    Problem(
      .serviceUnavailable, "\(limit) requests are being answered already", headers: [.retryAfter: "1"])
  }

  static let unexpected = Problem(.internalServerError, "a defect of csmh; its log tells more")

  /// The response, with what the type promises.
  func response() -> Response {
    var fields = headers
    fields[.contentType] = "application/problem+json"
    var json = JSONWriter(capacity: 256)
    json.object { json in
      json.member("type", "about:blank")
      json.member("title", status.reasonPhrase)
      json.member("status", UInt64(status.code))
      json.member("detail", detail)
      if let database { json.member("database", database.rawValue) }
    }
    return Response(status: status, headers: fields, body: ResponseBody(byteBuffer: json.buffer))
  }
}
