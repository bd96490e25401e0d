internal import Foundation
internal import StudentModuleHistory

/// The body of a request that saves a state.
struct RecordRequest: Decodable {
  let state: StudentModuleState

  /// Saves with the same one belong together.
  let requestID: String?

  /// The largest number that a grade may have; JSON has larger ones than a double can hold.
  static let largestGrade = 1e300

  /// The most characters of a module's type, as in `courseware_studentmodule`.
  static let longestModuleType = 32

  private enum Member: String, CaseIterable {
    case studentModuleID = "student_module_id"
    case moduleType = "module_type"
    case modified, state, grade
    case maxGrade = "max_grade"
    case requestID = "request_id"
  }

  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(_ member: Member) { stringValue = member.rawValue }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  /// - Throws: ``Problem``: 400, with what is expected in the place of what was sent.
  static func decode(_ body: Data) throws(Problem) -> RecordRequest {
    do {
      return try JSONDecoder().decode(RecordRequest.self, from: body)
    } catch let problem as Problem {
      throw problem
    } catch {
      throw .malformed("the body is not a JSON object in UTF-8")
    }
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    guard container.allKeys.allSatisfy({ Member(rawValue: $0.stringValue) != nil }) else {
      throw Problem.malformed(
        "the members here are \(Member.allCases.map(\.rawValue).joined(separator: ", ")), and no others")
    }
    func value<Value: Decodable>(_ member: Member, _ type: Value.Type, _ expected: String) throws -> Value? {
      do {
        return try container.decodeIfPresent(type, forKey: Key(member))
      } catch {
        throw Problem.malformed("\(member.rawValue) is \(expected)")
      }
    }
    func isNull(_ member: Member) throws -> Bool {
      try container.contains(Key(member)) && container.decodeNil(forKey: Key(member))
    }

    let idForm = "a number from 1 to \(Int64.max)"
    guard let id = try value(.studentModuleID, UInt64.self, idForm), QueryParameters.isStudentModuleID(id) else {
      throw Problem.malformed("student_module_id is \(idForm)")
    }
    let typeForm = "a text of 1 to \(Self.longestModuleType) characters"
    let type = try value(.moduleType, String.self, typeForm)
    guard try !isNull(.moduleType), (1...Self.longestModuleType).contains(type?.unicodeScalars.count ?? 1) else {
      throw Problem.malformed("module_type is \(typeForm)")
    }
    let timeForm = "a time in UTC of the form YYYY-MM-DDThh:mm:ss[.ffffff][Z], from the year 1000 on"
    guard let text = try value(.modified, String.self, timeForm), let modified = Self.time(text) else {
      throw Problem.malformed("modified is \(timeForm)")
    }
    guard container.contains(Key(.state)) else {
      throw Problem.malformed("state is missing: a text, or null for none")
    }
    let requestForm = "1 to 64 characters out of A-Z, a-z, 0-9, the underscore, the point and the hyphen"
    let requestID = try value(.requestID, String.self, requestForm)
    guard requestID.map(Self.isRequestID) ?? true else { throw Problem.malformed("request_id is \(requestForm)") }
    func grade(_ member: Member) throws -> Double? {
      let form = "a number from -1e300 to 1e300, or null for none"
      let grade = try value(member, Double.self, form)
      guard abs(grade ?? 0) <= Self.largestGrade else { throw Problem.malformed("\(member.rawValue) is \(form)") }
      return grade
    }
    self.requestID = requestID
    state = StudentModuleState(
      studentModuleID: id, moduleType: type ?? "problem", modified: modified,
      state: try value(.state, String.self, "a text, or null for none"), grade: try grade(.grade),
      maxGrade: try grade(.maxGrade))
  }

  private static func isRequestID(_ text: String) -> Bool {
    (1...64).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"):
          true
        default: false
        }
      }
  }

  /// A time that exists in the calendar, from the year 1000 on: what every `datetime` column can hold.
  private static func time(_ text: String) -> HistoryTimestamp? {
    let bytes = Array(text.utf8)
    guard bytes.count >= 19, bytes[10] == UInt8(ascii: "T") else { return nil }
    let body = bytes.last == UInt8(ascii: "Z") ? bytes.dropLast() : bytes[...]
    guard let time = HistoryTimestamp(String(decoding: body, as: UTF8.self)) else { return nil }
    func number(_ range: Range<Int>) -> Int { range.reduce(0) { $0 * 10 + Int(bytes[$1] - UInt8(ascii: "0")) } }
    let (year, month, day) = (number(0..<4), number(5..<7), number(8..<10))
    let isLeapYear = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let days = [31, isLeapYear ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    guard year >= 1_000, (1...12).contains(month), (1...days[month - 1]).contains(day), number(11..<13) < 24,
      number(14..<16) < 60, number(17..<19) < 60
    else { return nil }
    return time
  }
}
