internal import HTTPTypes

/// What a request is about, from its path alone.
enum Route: Hashable {
  case health
  case ready
  case openAPI
  case flags
  /// The history of one student module, or its end. The text is not checked yet.
  case history(of: Substring)
  /// The submission history of one student module.
  case submissions(of: Substring)
  /// The history of student modules named in the query.
  case histories
  case records

  /// - Parameter path: the path of a request, still percent-encoded.
  init?(path: Substring) {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.first == "" else { return nil }
    switch parts.count {
    case 2 where parts[1] == "health": self = .health
    case 2 where parts[1] == "ready": self = .ready
    case 2 where parts[1] == "openapi.json": self = .openAPI
    case 3 where parts[1] == "v1" && parts[2] == "flags": self = .flags
    case 3 where parts[1] == "v1" && parts[2] == "history": self = .histories
    case 3 where parts[1] == "v1" && parts[2] == "records": self = .records
    case 5 where parts[1] == "v1" && parts[2] == "student-modules" && parts[4] == "history":
      self = .history(of: parts[3])
    case 5 where parts[1] == "v1" && parts[2] == "student-modules" && parts[4] == "submissions":
      self = .submissions(of: parts[3])
    default: return nil
    }
  }

  /// The methods that it takes. HEAD is GET without the body.
  var methods: [HTTPRequest.Method] {
    switch self {
    case .health, .ready, .openAPI, .flags, .submissions, .histories: [.get, .head]
    case .history: [.get, .head, .delete]
    case .records: [.post]
    }
  }

  /// What a client must be allowed to do; nil for what everybody may ask.
  func access(_ method: HTTPRequest.Method) -> BearerTokens.Access? {
    switch self {
    case .health, .ready, .openAPI: nil
    case .flags, .submissions, .histories: .read
    case .history: method == .delete ? .write : .read
    case .records: .write
    }
  }
}
