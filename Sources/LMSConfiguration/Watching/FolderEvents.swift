#if canImport(Glibc)
  internal import Glibc
#endif

/// What the system notes down of changes in folders: files that are written, replaced, moved or removed in them.
///
/// Folders and not files are watched, because a file that is replaced is another file.
final class FolderEvents: Sendable {
  private let descriptor: Int32

  #if canImport(Glibc)
    /// Nil where the system does not tell, or a folder cannot be watched.
    init?(_ folders: Set<String>) {
      descriptor = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
      guard descriptor >= 0 else { return nil }
      let mask = UInt32(IN_CLOSE_WRITE | IN_MODIFY | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB)
      for folder in folders {
        guard inotify_add_watch(descriptor, folder, mask) >= 0 else { return nil }
      }
    }

    deinit {
      if descriptor >= 0 { close(descriptor) }
    }

    /// Whether anything has changed since the last call.
    func take() -> Bool {
      var buffer = [UInt8](repeating: 0, count: 4_096)
      var hasChanged = false
      while read(descriptor, &buffer, buffer.count) > 0 { hasChanged = true }
      return hasChanged
    }
  #else
    init?(_ folders: Set<String>) { return nil }

    func take() -> Bool { false }
  #endif
}
