import Foundation

/// Reading and replacing files, with the reasons of the system in errors.
enum FileAccess {
  /// What is kept of a file when it is replaced.
  struct Attributes: Sendable {
    let mode: mode_t
    let owner: uid_t
    let group: gid_t
  }

  static func error(_ file: String, _ action: String, _ code: Int32 = errno) -> LMSConfigurationError {
    let hint =
      switch code {
      case EACCES, EPERM: ". Run csmh as a user who may"
      case EBUSY: ". A file that is mounted into a container by itself cannot be replaced: mount its folder"
      default: ""
      }
    return LMSConfigurationError(file: file, message: "\(action): \(String(cString: strerror(code)))\(hint)")
  }

  /// The bytes of the regular file at `path`.
  static func read(_ path: String, limit: Int) throws(LMSConfigurationError) -> [UInt8] {
    // Without O_NONBLOCK, opening a named pipe would wait for a writer.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      throw errno == ENOENT
        ? LMSConfigurationError(file: path, message: "does not exist")
        : error(path, "cannot be read")
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw error(path, "cannot be read") }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw LMSConfigurationError(file: path, message: "is not a regular file")
    }
    return try read(descriptor, path, limit: limit)
  }

  /// Everything that an open descriptor still gives.
  static func read(_ descriptor: Int32, _ path: String, limit: Int) throws(LMSConfigurationError) -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Foundation.read(descriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw error(path, "cannot be read") }
      if count == 0 { return bytes }
      bytes.append(contentsOf: buffer[..<count])
      guard bytes.count <= limit else {
        throw LMSConfigurationError(
          file: path, message: "has more than \(limit >> 20) MiB: this cannot be a configuration file")
      }
    }
  }

  /// The file that `path` leads to once symbolic links are followed.
  static func target(_ path: String) throws(LMSConfigurationError) -> String {
    guard let resolved = realpath(path, nil) else { throw error(path, "cannot be followed") }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  static func attributes(_ path: String) throws(LMSConfigurationError) -> Attributes {
    var status = stat()
    guard stat(path, &status) == 0 else { throw error(path, "cannot be looked at") }
    return Attributes(mode: status.st_mode & 0o7777, owner: status.st_uid, group: status.st_gid)
  }

  /// Makes a new file at `path`, on disk when this returns. False where something stands there already.
  ///
  /// The mode widens last, so that no other user reads a password out of a file that is not yet theirs.
  static func create(
    _ path: String, _ bytes: [UInt8], like attributes: Attributes
  ) throws(LMSConfigurationError) -> Bool {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else {
      if errno == EEXIST { return false }
      throw error(path, "cannot be written")
    }
    do throws(LMSConfigurationError) {
      defer { close(descriptor) }
      try write(bytes, to: descriptor, path)
      var status = stat()
      guard fstat(descriptor, &status) == 0 else { throw error(path, "cannot be looked at") }
      if status.st_uid != attributes.owner || status.st_gid != attributes.group {
        guard fchown(descriptor, attributes.owner, attributes.group) == 0 else {
          throw error(path, "cannot be given the owner and group of the file that it replaces")
        }
      }
      guard fchmod(descriptor, attributes.mode) == 0 else { throw error(path, "cannot be given its mode") }
      guard fsync(descriptor) == 0 else { throw error(path, "cannot be brought to disk") }
    } catch {
      unlink(path)
      throw error
    }
    return true
  }

  private static func write(_ bytes: [UInt8], to descriptor: Int32, _ path: String) throws(LMSConfigurationError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw error(path, "cannot be written") }
      rest = rest.dropFirst(count)
    }
  }

  /// Puts the file at `source` in the place of the one at `target`, at once and for good.
  static func replace(_ target: String, with source: String) throws(LMSConfigurationError) {
    guard rename(source, target) == 0 else { throw error(target, "cannot be replaced") }
    // The rename is in the folder: without this a power failure may take it back. It holds either way.
    let folder = open(URL(fileURLWithPath: target).deletingLastPathComponent().path, O_RDONLY | O_CLOEXEC)
    guard folder >= 0 else { return }
    fsync(folder)
    close(folder)
  }

  static func remove(_ path: String) {
    unlink(path)
  }
}
