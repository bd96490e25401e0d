internal import StudentModuleHistory

/// What the LMS does with its student modules; of them only the locks matter.
extension SimulatedSession {
  /// Saves a student module, which keeps others from it until the transaction ends. Returns false if it is gone.
  func saveModule(_ id: UInt64) async throws -> Bool {
    let modules = database.studentModules
    return try await send("save module") {
      try await statement(on: modules, .writing) { transaction in
        let target = LockTarget.row(table: modules.number, id: id)
        try await server.rowLocks.take(target, .exclusive, transaction, within: connection.lockWait)
        guard modules.row(id, transaction) != nil else { return false }
        modules.set(id, to: StudentModuleRow(), transaction)
        return true
      }
    }
  }

  /// Inserts a student module. Returns its id.
  func beginModule() async throws -> UInt64 {
    let modules = database.studentModules
    return try await send("begin module", { "\($0)" }) {
      try await statement(on: modules, .writing) { transaction in
        let id = modules.takeID()
        try await lockForInsert(id, in: modules, transaction)
        modules.set(id, to: StudentModuleRow(), transaction)
        return id
      }
    }
  }

  /// Deletes a student module.
  func deleteModule(_ id: UInt64) async throws {
    let modules = database.studentModules
    try await send("delete module") {
      try await statement(on: modules, .writing) { transaction in
        let target = LockTarget.row(table: modules.number, id: id)
        try await server.rowLocks.take(target, .exclusive, transaction, within: connection.lockWait)
        modules.set(id, to: nil, transaction)
      }
    }
  }
}
