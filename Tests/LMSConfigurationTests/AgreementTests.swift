import Foundation
import LMSConfiguration
import Testing

/// `cms.yml` beside `lms.yml`.
@Suite("The configuration of the CMS")
struct AgreementTests {
  private static func text(
    name: String = "edxapp", host: String = "db1", port: String = "3306", user: String = "a",
    csmh: String = "edxapp_csmh",
    flags: String = "ENABLE_CSMH_EXTENDED: true"
  ) -> String {
    """
    DATABASES:
      default: {ENGINE: django.db.backends.mysql, NAME: \(name), HOST: '\(host)', PORT: '\(port)', USER: \(user)}
      student_module_history: {ENGINE: django.db.backends.mysql, NAME: \(csmh), HOST: db2, USER: \(user)}
    FEATURES: {\(flags)}
    """
  }

  @Test(
    "Other accounts, other words for the same, and flags that mean the same agree",
    arguments: [
      (text(), text(user: "cms001")), (text(host: "localhost"), text(host: "127.0.0.1")),
      (text(host: ""), text(host: "::1")),
      (text(port: ""), text()), (text(host: "DB1"), text()),
      (text(), text(flags: "ENABLE_CSMH_EXTENDED: true, READ_ONLY_FROM_CSMHE: false")),
      (text(flags: "A: 1"), text(flags: "B: 1")),
    ])
  func agreeing(lms: String, cms: String) throws {
    try withFolder(["lms.yml": lms, "cms.yml": cms]) { folder in
      let configuration = try LMSConfiguration(files: [folder.path("lms.yml")])
      #expect(configuration.disagreements(with: try LMSConfiguration(files: [folder.path("cms.yml")])) == [])
    }
  }

  @Test(
    "Another flag, another database or another server is named with its place",
    arguments: [
      (
        text(flags: "ENABLE_CSMH_EXTENDED: false"), "cms.yml:4: ENABLE_CSMH_EXTENDED is off, and on for the LMS"
      ),
      (text(flags: "A: 1"), "cms.yml: ENABLE_CSMH_EXTENDED is not set, and on for the LMS"),
      (
        text(flags: "ENABLE_CSMH_EXTENDED: true, ENABLE_READING_FROM_MULTIPLE_HISTORY_TABLES: false"),
        "cms.yml:4: READ_ONLY_FROM_CSMHE is on, and not set for the LMS"
      ),
      (text(name: "other"), "cms.yml:2: DATABASES.default has the NAME other, and edxapp for the LMS"),
      (text(host: "db3"), "cms.yml:2: DATABASES.default has the HOST db3, and db1 for the LMS"),
      (text(port: "3307"), "cms.yml:2: DATABASES.default has the PORT 3307, and 3306 for the LMS"),
      (
        text(csmh: "csmh"),
        "cms.yml:3: DATABASES.student_module_history has the NAME csmh, and edxapp_csmh for the LMS"
      ),
      (
        text().replacingOccurrences(of: "student_module_history", with: "other"),
        "cms.yml: DATABASES has no student_module_history"
      ),
    ])
  func differing(cms: String, message: String) throws {
    try withFolder(["lms.yml": Self.text(), "cms.yml": cms]) { folder in
      let configuration = try LMSConfiguration(files: [folder.path("lms.yml")])
      let found = configuration.disagreements(with: try LMSConfiguration(files: [folder.path("cms.yml")]))
      #expect(found.map { $0.replacingOccurrences(of: folder.url.path + "/", with: "") } == [message])
    }
  }
}
