/// The version of csmh, as `csmh --version` prints it and the journal keeps it.
package let csmhVersion = "0.1.0"

/// The version of the journal's tables that this csmh makes and works on.
package let journalVersion = 5
