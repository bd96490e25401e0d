import StudentModuleHistory
import Testing

/// The list of remedies, and how one is made of its form.
@Suite("Remedies")
struct RemedyTests {
  @Test("a form's places are filled in order, and a remedy within another is named too")
  func forms() {
    let inner = Remedy(.dropIndex, "`t`", "`i`")
    #expect(inner.description == "ALTER TABLE `t` DROP INDEX `i`;" && inner.names == [.dropIndex])
    let outer = Remedy(.changeRowOrConstraint, "original", inner, "copy")
    #expect(outer.names == [.changeRowOrConstraint, .dropIndex])
    #expect(outer.description.contains("what refuses it: ALTER TABLE `t` DROP INDEX `i`; Then run csmh copy again"))
  }

  @Test("what is done before the same command goes on with a comma, but for SQL, which has its own end")
  func again() {
    #expect(Remedy(.checkTLS).thenAgain.description.hasPrefix("check ssl-mode and ssl-ca, then run the same command"))
    #expect(Remedy(.logRows).thenAgain.description.hasPrefix("SET GLOBAL binlog_format = 'ROW'; then run the same"))
    #expect(Remedy.joined([], by: "; ") == nil)
  }
}
