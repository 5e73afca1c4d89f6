// Package conformance pins what the conformance suite of the OCI distribution specification is built from.
package conformance

import _ "github.com/opencontainers/distribution-spec/conformance"
