internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import StudentModuleHistory
internal import Synchronization

extension HistoryResponder {
  /// What a request asks to save; waits for its body.
  func recordRequest(_ query: Substring?, _ request: Request) async throws -> RecordRequest {
    _ = try QueryParameters(query, allowed: [])
    guard Self.isJSON(request.headers[.contentType]) else { throw Problem.noJSON }
    return try RecordRequest.decode(try await body(of: request))
  }

  func record(_ saved: RecordRequest) async throws -> Response {
    let (record, side) = try await perform(.written) { router in
      guard let requestID = saved.requestID else { return (try await router.record(saved.state), router.writtenSide) }
      let entry = recent.entry(
        .init(requestID: requestID, studentModuleID: saved.state.studentModuleID), now: configuration.environment.now())
      return try await entry.inTurn { (try await router.record(saved.state, in: $0), router.writtenSide) }
    }
    var json = JSONWriter(capacity: 512 + (record?.state?.utf8.count ?? 0) * 9 / 8)
    json.object { json in
      json.member("recorded", record != nil)
      json.member("record") { json in
        if let record { json.entry(HistoryEntry(record: record, table: side)) } else { json.string(nil) }
      }
    }
    return Self.json(json.buffer, status: record == nil ? .ok : .created)
  }

  func delete(_ id: Substring, _ query: Substring?) async throws -> Response {
    _ = try QueryParameters(query, allowed: [])
    let id = try QueryParameters.studentModuleID(id)
    let deletion = try await perform(.written) { try await $0.delete(for: [id]) }
    var json = JSONWriter(capacity: 128)
    json.object { json in
      json.member("student_module_id", id)
      json.member("deleted") { json in
        json.object { json in
          json.member("original", UInt64(clamping: deletion.originalCount))
          json.member("extended", UInt64(clamping: deletion.extendedCount))
        }
      }
    }
    return Self.json(json.buffer)
  }

  private func body(of request: Request) async throws -> Data {
    let limit = configuration.maximumBodyBytes
    if let announced = request.headers[.contentLength].flatMap({ Int($0) }), announced > limit {
      throw Problem.tooLarge(limit: limit)
    }
    let end = configuration.environment.now() + configuration.bodyTimeout
    var data = Data()
    defer { pendingBytes.subtract(data.count, ordering: .relaxed) }
    do {
      for try await part in request.body {
        guard data.count + part.readableBytes <= limit else { throw Problem.tooLarge(limit: limit) }
        guard configuration.environment.now() < end else { throw Problem.tooSlow(configuration.bodyTimeout) }
        data.append(contentsOf: part.readableBytesView)
        let pending = pendingBytes.add(part.readableBytes, ordering: .relaxed).newValue
        guard pending <= configuration.maximumPendingBodyBytes else { throw Problem.tooManyBytes }
      }
    } catch let problem as Problem {
      throw problem
    } catch {
      // The client has gone, or was too slow: nobody hears the answer, and the log has nothing to say.
      throw Problem.malformed("the body has no end")
    }
    return data
  }

  /// Whether a media type is JSON, in UTF-8 as JSON always is (RFC 8259).
  private static func isJSON(_ type: String?) -> Bool {
    guard let type else { return false }
    let parts = type.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() }
    return parts.first == "application/json"
      && parts.dropFirst().allSatisfy { $0 == "charset=utf-8" || $0 == "charset=\"utf-8\"" }
  }
}
