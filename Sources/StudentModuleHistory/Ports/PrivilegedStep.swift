/// What csmh does that takes privileges.
package enum PrivilegedStep: String, Sendable, Hashable, CaseIterable {
  case provision = "csmh provision"
  case copy = "csmh copy"
  case fence = "csmh catch-up"
  case offset = "csmh offset --repair and --rekey"
  case drain = "csmh drain"
  case truncate = "csmh drain --truncate"
  case reclaim = "csmh drain --reclaim"
  case bringBack = "csmh return"
}
