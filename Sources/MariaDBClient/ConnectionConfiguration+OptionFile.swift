extension ConnectionConfiguration {
  /// The configuration with what its option file adds. What is set explicitly wins over the file.
  ///
  /// - Throws: ``MariaDBError/Kind/configuration`` as ``OptionFile/init(path:)``, and for a value that makes no sense.
  func withOptionFile() throws(MariaDBError) -> ConnectionConfiguration {
    guard let optionFile else { return self }
    var result = self
    try result.take(OptionFile(path: optionFile))
    return result
  }

  /// Takes what is not set yet. Not the database: provisioning connects without one, as it may not exist yet; see ``OptionFile/database``.
  mutating func take(_ file: OptionFile) throws(MariaDBError) {
    func text(_ name: String) -> String? { file.values[name].flatMap { $0 } }
    func number(_ name: String, _ upper: Int) throws(MariaDBError) -> Int? {
      guard let text = text(name) else { return nil }
      guard let value = Int(text), (1...upper).contains(value) else { throw malformed(name, text) }
      return value
    }
    user = user ?? text("user")
    password = password ?? text("password").map { Password($0) }
    if isEndpointAssumed {
      let port = try number("port", 65_535)
      if let path = text("socket"), text("protocol")?.lowercased() != "tcp", text("host") ?? "localhost" == "localhost"
      {
        endpoint = .socket(path: path)
      } else if text("host") != nil || port != nil {
        endpoint = .tcp(host: text("host") ?? "localhost", port: UInt16(port ?? 3306))
      }
    }
    if let seconds = try number("connect-timeout", 86_400), connectTimeout == Self.usualConnectTimeout {
      connectTimeout = .seconds(seconds)
    }
    authenticationPlugin = authenticationPlugin ?? text("default-auth")
    pluginDirectory = pluginDirectory ?? text("plugin-dir")
    try takeTLS(file, text)
  }

  private mutating func takeTLS(_ file: OptionFile, _ text: (String) -> String?) throws(MariaDBError) {
    tls.certificateAuthorityFile = tls.certificateAuthorityFile ?? text("ssl-ca")
    tls.certificateFile = tls.certificateFile ?? text("ssl-cert")
    tls.keyFile = tls.keyFile ?? text("ssl-key")
    guard tls.mode == .preferred else { return }
    func isOn(_ name: String) -> Bool {
      guard let value = file.values[name] else { return false }
      return value.map { ["1", "on", "true"].contains($0.lowercased()) } ?? true
    }
    if let mode = text("ssl-mode") {
      guard let known = TLS.Mode(rawValue: mode.lowercased().replacing("_", with: "-")) else {
        throw malformed("ssl-mode", mode)
      }
      tls.mode = known
    } else if isOn("ssl-verify-server-cert") {
      tls.mode = .verifyIdentity
    } else if isOn("skip-ssl") || (file.values["ssl"] != nil && !isOn("ssl")) {
      tls.mode = .disabled
    } else if text("ssl-ca") != nil {
      // Who names an authority wants the certificate to be checked.
      tls.mode = .verifyCA
    } else if isOn("ssl") {
      tls.mode = .required
    }
  }

  private func malformed(_ name: String, _ value: String) -> MariaDBError {
    MariaDBError(
      kind: .configuration, message: "\(name) is \(value) in the option file \(optionFile ?? ""), which makes no sense",
      server: description)
  }
}
