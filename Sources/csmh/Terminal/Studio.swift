import Foundation
import LMSConfiguration
import MigrationAdvice

/// The configuration of the CMS beside that of the LMS.
struct Studio {
  let files: [String]

  /// What the files say, or why they cannot be read.
  private let configuration: Result<LMSConfiguration, LMSConfigurationError>

  /// The files that were named, or those beside the LMS configuration: `cms.yml` for `lms.yml`, `cms.env.json` with `cms.auth.json`.
  /// Nil where there are none.
  init?(besides installation: InstallationOptions, named: [String] = []) {
    let found = installation.lmsConfig.compactMap { Self.sibling(of: $0) }
    files = named.isEmpty ? found.filter { FileManager.default.fileExists(atPath: $0) } : named
    guard !files.isEmpty else { return nil }
    do throws(LMSConfigurationError) {
      configuration = .success(try LMSConfiguration(files: files))
    } catch {
      configuration = .failure(error)
    }
  }

  /// `lms` in the file's name, as a word, turned into `cms`.
  private static func sibling(of file: String) -> String? {
    let url = URL(fileURLWithPath: file)
    var words = url.lastPathComponent.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard let index = words.firstIndex(of: "lms") else { return nil }
    words[index] = "cms"
    return file.dropLast(url.lastPathComponent.count) + words.joined(separator: ".")
  }

  /// Where it does not agree with the LMS's; none where it cannot be read.
  func disagreements(with lms: LMSConfiguration) -> [String] {
    (try? configuration.get()).map { lms.disagreements(with: $0) } ?? []
  }

  /// What `check` takes of it.
  func facts(besides lms: LMSConfiguration) -> CheckFacts.Configuration.Studio {
    switch configuration {
    case .success(let studio): .init(files: files, disagreements: lms.disagreements(with: studio))
    case .failure(let error): .init(files: files, obstacle: error.description)
    }
  }
}
