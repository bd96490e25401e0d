import Synchronization

/// Standard input as a configuration: read to its end once, as it gives its bytes only once.
enum StandardInput {
  /// What names it among files.
  static let path = "-"

  /// What it is called in messages.
  static let name = "standard input"

  private static let read = Mutex<Result<[UInt8], LMSConfigurationError>?>(nil)

  static func contents(limit: Int) throws(LMSConfigurationError) -> [UInt8] {
    let result = read.withLock { known in
      if let known { return known }
      let result: Result<[UInt8], LMSConfigurationError>
      do throws(LMSConfigurationError) {
        result = .success(try FileAccess.read(0, name, limit: limit))
      } catch {
        result = .failure(error)
      }
      known = result
      return result
    }
    return try result.get()
  }
}
