internal import Synchronization

/// One request of a learner to the LMS, within which a student module may be saved several times.
///
/// Since 2022 Open edX keeps one record a request and student module: a later save in the same request updates the record of the
/// earlier one (openedx/edx-platform 31262). Pass the same object with every save of a request.
public final class SavingRequest: Sendable {
  private let saved = Mutex<[UInt64: (side: HistorySide, id: UInt64)]>([:])

  /// A request that has not saved anything yet.
  public init() {}

  /// The record that this request has made for a student module.
  func record(of studentModuleID: UInt64) -> (side: HistorySide, id: UInt64)? {
    saved.withLock { $0[studentModuleID] }
  }

  func didSave(_ id: UInt64, of studentModuleID: UInt64, on side: HistorySide) {
    saved.withLock { $0[studentModuleID] = (side, id) }
  }
}
