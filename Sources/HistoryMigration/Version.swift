/// The version of csmh, as `csmh --version` prints it and the journal keeps it.
public let csmhVersion = "0.1.0"
