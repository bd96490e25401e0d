/// A single value: its text, and how the LMS will take it.
struct ConfigurationScalar: Sendable, Hashable {
  enum Kind: Sendable, Hashable {
    case null, bool, integer, number, text, merge, other

    var name: String {
      switch self {
      case .null: "nothing (null)"
      case .bool: "a boolean"
      case .integer, .number: "a number"
      case .text: "text"
      case .merge: "a merge key"
      case .other: "a value of another kind"
      }
    }
  }

  /// The value's text, unquoted and unescaped.
  let text: String

  let kind: Kind

  /// Whether it stands in the file without quotes.
  let isPlain: Bool

  /// The truth value, of a real boolean only.
  var bool: Bool? {
    guard kind == .bool else { return nil }
    return ["true", "yes", "on"].contains(text.lowercased())
  }

  /// The number, of an integer that is written in decimal digits only: octal, hexadecimal and sexagesimal integers of
  /// YAML 1.1 have no business in the settings that are read here.
  var integer: Int? {
    guard kind == .integer, text == "0" || text.wholeMatch(of: /-?[1-9][0-9]*/) != nil else { return nil }
    return Int(text)
  }

  /// Whether the text reads as a boolean for a person: what somebody put in quotes by mistake.
  var looksBoolean: Bool { Self.booleans.contains(text.lowercased()) }

  private static let booleans: Set<String> = ["true", "false", "yes", "no", "on", "off"]

  /// A scalar of a JSON file.
  static func json(_ text: String, _ kind: Kind) -> ConfigurationScalar {
    ConfigurationScalar(text: text, kind: kind, isPlain: kind != .text)
  }

  /// A scalar of a YAML file.
  ///
  /// - Parameter tag: its tag in full, empty where it has none, `!` where it is not to be resolved.
  static func yaml(_ text: String, tag: String, isPlain: Bool) -> ConfigurationScalar {
    let kind: Kind =
      switch tag {
      case "": isPlain ? resolve(text) : .text
      case "!", "tag:yaml.org,2002:str": .text
      // A tag on a value that does not fit it (`!!bool maybe`) is refused as another kind.
      case "tag:yaml.org,2002:bool": resolve(text) == .bool ? .bool : .other
      case "tag:yaml.org,2002:int": resolve(text) == .integer ? .integer : .other
      case "tag:yaml.org,2002:null": .null
      default: .other
      }
    return ConfigurationScalar(text: text, kind: kind, isPlain: isPlain)
  }

  /// What PyYAML, which the LMS reads its file with, makes of a plain scalar.
  ///
  /// Yams' own rules differ: they take `12e45678` and `089`, believable passwords, for numbers.
  /// https://github.com/yaml/pyyaml/blob/main/lib/yaml/resolver.py
  private static func resolve(_ text: String) -> Kind {
    switch text {
    case "", "~", "null", "Null", "NULL": return .null
    case "<<": return .merge
    case "=": return .other
    default: break
    }
    let lowercased = text.lowercased()
    // All lower, All upper, or Capitalized: `tRUE` is text.
    if booleans.contains(lowercased) {
      let capitalized = lowercased.prefix(1).uppercased() + lowercased.dropFirst()
      return [lowercased, text.uppercased(), capitalized].contains(text) ? .bool : .text
    }
    guard let first = text.utf8.first, "+-.0123456789".utf8.contains(first) else { return .text }
    let integer = /[-+]?(?:0b[01_]+|0[0-7_]+|0|[1-9][0-9_]*|0x[0-9a-fA-F_]+|[1-9][0-9_]*(?::[0-5]?[0-9])+)/
    if text.wholeMatch(of: integer) != nil { return .integer }
    let number =
      #/
        [-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?
        | \.[0-9][0-9_]*(?:[eE][-+][0-9]+)?
        | [-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*
        | [-+]?\.(?:inf|Inf|INF)
        | \.(?:nan|NaN|NAN)
      /#
    if text.wholeMatch(of: number) != nil { return .number }
    let timestamp =
      #/
        [0-9]{4}-[0-9]{2}-[0-9]{2}
        | [0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt]|[\x20\t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?
          (?:[\x20\t]*(?:Z|[-+][0-9]{1,2}(?::?[0-9]{2})?))?
      /#
    return text.wholeMatch(of: timestamp) != nil ? .other : .text
  }
}
