// The registry of go-containerregistry, as `crane registry serve` has it; with a list of referrers when asked for.
package main

import (
	"flag"
	"io"
	"log"
	"net/http"

	"github.com/google/go-containerregistry/pkg/registry"
)

func main() {
	address := flag.String("address", "127.0.0.1:5000", "where to listen")
	referrers := flag.Bool("referrers", false, "list referrers")
	flag.Parse()
	quiet := registry.Logger(log.New(io.Discard, "", 0))
	handler := registry.New(quiet, registry.WithReferrersSupport(*referrers))
	log.Fatal(http.ListenAndServe(*address, handler))
}
