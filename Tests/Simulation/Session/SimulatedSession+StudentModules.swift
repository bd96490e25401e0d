package import StudentModuleHistory

/// What the LMS does with its student modules, and what csmh asks of them.
extension SimulatedSession {
  package func studentModules(among ids: [UInt64], locking: Bool) async throws -> StandingModules? {
    let modules = database.studentModules
    return try await send(locking ? "locking modules" : "modules", { "\($0?.ids.count ?? 0) of \(ids.count) stand" }) {
      try await statement(on: modules, .reading) { transaction in
        var standing: Set<UInt64> = []
        for id in ids.sorted() {
          if locking {
            let target = LockTarget.row(table: modules.number, id: id)
            try await server.rowLocks.take(target, .share, transaction, within: connection.lockWait)
          }
          if modules.row(id, transaction) != nil { standing.insert(id) }
        }
        return largestID(modules, transaction).map { StandingModules(standing, largestID: $0) }
      }
    }
  }

  package func idsWithoutStudentModule(in range: IDRange, limit: Int) async throws -> [UInt64] {
    let modules = database.studentModules
    return try await send("rows without module", { "\($0.count) rows" }) {
      try await statement(on: database.history, .reading) { transaction in
        var ids: [UInt64] = []
        let largest = largestID(modules, transaction) ?? 0
        database.history.forEach(from: range.lower, through: range.upper, transaction) { id, row in
          let module = row.record.studentModuleID
          if module < largest, modules.row(module, transaction) == nil { ids.append(id) }
          return ids.count < limit
        }
        return ids
      }
    }
  }

  private func largestID(_ modules: SimulatedTable<StudentModuleRow>, _ transaction: Transaction) -> UInt64? {
    var largest: UInt64?
    modules.forEach(transaction) { id, _ in
      largest = id
      return true
    }
    return largest
  }

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
