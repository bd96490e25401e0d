import Foundation
import HistoryStores
import StudentModuleHistory
import Testing

/// Whom a GRANT names, where it goes, and what it holds.
@Suite struct PrivilegeGrantTests {
  @Test(
    "an account is quoted as a server reads it",
    arguments: [
      ("csmh@%", "'csmh'@'%'"), ("@localhost", "''@'localhost'"), ("o'neil@10.0.0.%", "'o''neil'@'10.0.0.%'"),
      ("a@b@db.example", "'a@b'@'db.example'"), ("back\\slash@%", "`back\\slash`@'%'"),
    ])
  func account(currentUser: String, sql: String) {
    #expect(Account(currentUser: currentUser).sql == sql)
  }

  private static let csmh = Account(user: "csmh", host: "%")

  private func grant(_ database: String, _ lines: [String], place: String? = nil) -> String {
    PrivilegeGrant([.select, .lockTables], on: database, to: Self.csmh, beside: GrantList(lines), place: place).sql
  }

  @Test("a database's wildcards are escaped, and its quotes doubled")
  func patterns() {
    #expect(grant("edxapp", []) == "GRANT SELECT, LOCK TABLES ON `edxapp`.* TO 'csmh'@'%';")
    #expect(grant("edx_100%", []) == "GRANT SELECT, LOCK TABLES ON `edx\\_100\\%`.* TO 'csmh'@'%';")
    #expect(grant("it`s-", []) == "GRANT SELECT, LOCK TABLES ON `it``s-`.* TO 'csmh'@'%';")
    let long = String(repeating: "a_", count: 31)
    #expect(grant(long, []).contains("`\(long)`"), "no server stores a pattern of more than 64 characters")
    #expect(
      grant("edx_1", [], place: "edx_1 at db1:3306")
        == "GRANT SELECT, LOCK TABLES ON `edx\\_1`.* TO 'csmh'@'%' /* edx_1 at db1:3306 */;")
    #expect(!grant("edx", [], place: "a*/b").contains("/*"))
  }

  @Test("it goes to the pattern in force, and loses nothing of a wider one")
  func inForce() {
    #expect(grant("edx_1", ["GRANT DROP ON `edx_1`.* TO `csmh`@`%`"]).contains("ON `edx_1`.*"))
    #expect(
      grant("edx_1", ["GRANT DROP ON `edx_1`.* TO `csmh`@`%`", "GRANT DROP ON `edx\\_1`.* TO `csmh`@`%`"])
        .contains("ON `edx\\_1`.*"))
    #expect(
      grant("edx_1", ["GRANT DROP, SELECT ON `edx%`.* TO `csmh`@`%`"])
        == "GRANT SELECT, LOCK TABLES, DROP ON `edx\\_1`.* TO 'csmh'@'%';")
    #expect(
      grant("edx_1", ["GRANT ALL PRIVILEGES ON `%`.* TO `csmh`@`%`"]).hasPrefix("GRANT ALL PRIVILEGES ON `edx\\_1`"))
    let tie = ["GRANT ALTER ON `edx%`.* TO `csmh`@`%`", "GRANT DROP ON `edx_1`.* TO `csmh`@`%`"]
    #expect(
      grant("edx_1", tie) == "GRANT SELECT, LOCK TABLES, ALTER, DROP ON `edx\\_1`.* TO 'csmh'@'%';",
      "either may be in force")
    #expect(grant("edx_1", ["GRANT DROP ON `edx_1`.* TO `other`@`%`"]).contains("ON `edx\\_1`.*"))
  }

  @Test("of several patterns that fit, the narrowest alone counts; a role's lines count beside the account's")
  func narrowest() {
    let list = GrantList([
      "GRANT ALL PRIVILEGES ON `edx%`.* TO `u`@`%`", "GRANT SELECT ON `edx\\_1`.* TO `u`@`%`",
      "GRANT DELETE ON `edx_1`.* TO `r`",
    ])
    #expect(list.holds("SELECT", database: "edx_1") && !list.holds("INSERT", database: "edx_1"))
    #expect(list.holds("INSERT", database: "edxa"))
    #expect(list.holds("DELETE", database: "edx_1"))
  }

  @Test("what is granted on columns is not held, and a partial revoke takes back")
  func columnsAndRevokes() {
    let columns = GrantList(["GRANT SELECT (`id`, `state`), INSERT ON `d ON e`.`a TO b` TO `u`@`%`"])
    #expect(!columns.holds("SELECT", database: "d ON e", table: "a TO b"))
    #expect(columns.holds("INSERT", database: "d ON e", table: "a TO b"))
    #expect(!columns.hasRoles)
    let revoked = GrantList(["GRANT SELECT, INSERT ON *.* TO `u`@`%`", "REVOKE INSERT ON `edx`.* FROM `u`@`%`"])
    #expect(revoked.holds("SELECT", database: "edx") && !revoked.holds("INSERT", database: "edx"))
    #expect(revoked.holds("INSERT", database: "other"))
  }

  @Test("each way's privileges hold those of all of its steps", arguments: Direction.allCases, HistorySide.allCases)
  func ways(way: Direction, side: HistorySide) {
    for step in way.steps { #expect(step.needs(on: side).isSubset(of: way.privileges(on: side))) }
    #expect(
      Direction.allCases.flatMap(\.steps).sorted { $0.rawValue < $1.rawValue }
        == PrivilegedStep.allCases.sorted { $0.rawValue < $1.rawValue })
  }

  @Test("a refusal is answered for the whole way, and an idle role is told before")
  func answers() throws {
    let findings = PrivilegeFindings(
      side: .original, location: "csmh@db1:3306/edx", database: "edx", account: Self.csmh,
      missing: [.fence: [.lockTables], .drain: [.delete]])
    let refusal = try #require(findings.refusal(of: [.fence], on: .there))
    #expect(refusal.kind == .notPermitted && refusal.message.contains("csmh catch-up needs LOCK TABLES on edx"))
    #expect(
      refusal.remedy?.description
        == "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, LOCK TABLES ON `edx`.* TO 'csmh'@'%';")
    #expect(findings.refusal(of: [.copy], on: .there) == nil)
    let role = PrivilegeFindings(
      side: .original, location: "l", database: "edx", account: Self.csmh, missing: [.fence: [.lockTables]],
      idleRole: .init(names: ["keeper"], remedy: Remedy(.setDefaultRole, "`keeper` FOR 'csmh'@'%'"), missing: [:]))
    #expect(role.remedy(for: .there).map(\.description) == ["SET DEFAULT ROLE `keeper` FOR 'csmh'@'%';"])
    #expect(role.sentence(for: [.fence])?.contains("the role keeper, but no session begins with it") == true)
  }

  @Test("a statement's verb tells what it was refused for, also what the way does not need")
  func refused() {
    let findings = PrivilegeFindings(
      side: .original, location: "l", database: "edx", account: Self.csmh, missing: [:])
    #expect(findings.remedy(for: .there).isEmpty)
    #expect(
      findings.remedy(for: .there, refused: .insert)[0].description.hasPrefix("GRANT SELECT, INSERT, UPDATE, DELETE, "))
  }

  @Test("docs/migrating.md tells the same of each step", arguments: PrivilegedStep.allCases)
  func documented(step: PrivilegedStep) throws {
    let project = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let text = try String(contentsOf: project.appendingPathComponent("docs/migrating.md"), encoding: .utf8)
    let command = step.rawValue.replacing("csmh ", with: "").split(separator: " and ")[0]
    let row = try #require(
      text.split(separator: "\n").first { $0.hasPrefix("| `\(command)`") && $0.contains("SELECT") })
    let cells = [HistorySide.original, .extended].map { Privilege.list(step.needs(on: $0)) }
    #expect(row.hasSuffix("| \(cells[0]) | \(cells[1]) |"), "\(row)")
    for (side, database) in [(HistorySide.original, "edxapp"), (.extended, "edxapp_csmh")] {
      let grant = PrivilegeGrant(Direction.there.privileges(on: side), on: database, to: Self.csmh).sql.dropLast()
      #expect(text.contains(grant), "\(grant)")
    }
  }
}
