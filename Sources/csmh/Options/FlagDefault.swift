import ArgumentParser

/// What the operator says of an ENABLE_CSMH_EXTENDED that the LMS configuration does not set.
enum FlagDefault: String, ExpressibleByArgument, CaseIterable, Sendable {
  case on, off

  var isOn: Bool { self == .on }
}
