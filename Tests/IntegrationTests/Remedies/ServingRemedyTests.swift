import Foundation
import StudentModuleHistory
import TestSupport
import Testing

/// What csmh says where it will not serve: followed, it serves.
@Suite("Remedies of serving", .limitedConcurrency) struct ServingRemedyTests {
  private static let tokens = ["CSMH_READ_TOKEN": "r-0123456789abcdef", "CSMH_WRITE_TOKEN": "w-0123456789abcdef"]

  /// Two tokens in the environment, as a person has made them.
  private static func environment(_ read: String, _ write: String) -> [String: String] {
    ["CSMH_READ_TOKEN": read, "CSMH_WRITE_TOKEN": write]
  }

  @Test(
    "a token that is too short, or the same one twice: those that the printed command makes are taken",
    arguments: [("short", "w-0123456789abcdef"), ("r-0123456789abcdef", "r-0123456789abcdef")])
  func token(read: String, write: String) async throws {
    try await DemoInstallation.with { demo in
      let refused = try await demo.csmh("serve", "--bind", "127.0.0.1:0", environment: Self.environment(read, write))
      #expect(refused.status == 78)
      try await FollowedRemedies.follow(.makeToken, in: refused.toDo) { printed async throws in
        let command = try PrintedCommand.first(in: printed.text, startingWith: "openssl")
        var made: [String] = []
        for _ in 0..<2 {
          made.append(try await PrintedCommand.run(command).output.trimmingCharacters(in: .whitespacesAndNewlines))
        }
        try await ServingProcess.with(demo.place, environment: Self.environment(made[0], made[1])) {
          serving async throws in
          #expect(try await HTTPClient(serving.url).get("/v1/flags").status == 401)
          #expect(try await HTTPClient(serving.url, token: made[0]).get("/v1/flags").status == 200)
        }
      }
    }
  }

  @Test("where others can connect, tokens are set; or it listens where they cannot")
  func tokensNeeded() async throws {
    try await DemoInstallation.with { demo in
      let everywhere = ["--bind", "0.0.0.0:0"]
      let refused = try await Command.csmh(["serve"] + everywhere + demo.place)
      #expect(refused.status == 78)
      try await FollowedRemedies.follow(.setTokens, in: refused.toDo) { printed async throws in
        try await ServingProcess.with(everywhere + demo.place, environment: Self.tokens) { #expect($0.isRunning) }
        let address = try #require(printed.text.split(separator: " ").last)
        try await ServingProcess.with(["--bind", "\(address):0"] + demo.place) { serving async throws in
          #expect(try await HTTPClient(serving.url).get("/v1/flags").status == 200)
        }
      }
    }
  }

  @Test("a port that is taken: it serves at another one")
  func address() async throws {
    try await DemoInstallation.with { demo in
      try await ServingProcess.with(demo.place) { first in
        let taken = first.url.replacing("http://", with: "")
        let refused = try await demo.csmh("serve", "--bind", taken)
        #expect(refused.status == 78, "\(refused)")
        try await FollowedRemedies.follow(.nameOtherAddress, in: refused.toDo) { _ async throws in
          try await ServingProcess.with(["--bind", "127.0.0.1:0"] + demo.place) { serving async throws in
            #expect(serving.url != first.url)
            #expect(try await HTTPClient(serving.url).get("/v1/flags").status == 200)
          }
        }
      }
    }
  }
}
