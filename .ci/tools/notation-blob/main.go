// Verifies a detached signature of a file with the verifier of the Notary Project's own library, as `notation blob verify` does,
// which no release of the CLI has yet: notation-blob MEDIA-TYPE-OF-SIGNATURE SIGNATURE FILE. Trust is configured as for notation.
// The descriptor is made from the file as the specification says: application/json, and the hash of the signing key.
package main

import (
	"context"
	"crypto"
	"fmt"
	"log"
	"os"

	"github.com/notaryproject/notation-core-go/signature"
	_ "github.com/notaryproject/notation-core-go/signature/cose"
	_ "github.com/notaryproject/notation-core-go/signature/jws"
	"github.com/notaryproject/notation-go"
	"github.com/notaryproject/notation-go/verifier"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

var algorithms = map[crypto.Hash]digest.Algorithm{
	crypto.SHA256: digest.SHA256,
	crypto.SHA384: digest.SHA384,
	crypto.SHA512: digest.SHA512,
}

func main() {
	log.SetFlags(0)
	if len(os.Args) != 4 {
		log.Fatal("usage: notation-blob MEDIA-TYPE-OF-SIGNATURE SIGNATURE FILE")
	}
	if err := verify(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		log.Fatal(err)
	}
	fmt.Println("verified")
}

func verify(mediaType, signaturePath, path string) error {
	bytes, err := os.ReadFile(signaturePath)
	if err != nil {
		return err
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	envelope, err := signature.ParseEnvelope(mediaType, bytes)
	if err != nil {
		return err
	}
	opened, err := envelope.Content()
	if err != nil {
		return err
	}
	algorithm := algorithms[opened.SignerInfo.SignatureAlgorithm.Hash().HashFunc()]
	descriptor := ocispec.Descriptor{
		MediaType: "application/json",
		Digest:    algorithm.FromBytes(content),
		Size:      int64(len(content)),
	}
	trusted, err := verifier.NewFromConfig()
	if err != nil {
		return err
	}
	options := notation.VerifierVerifyOptions{
		ArtifactReference:  "blob.example/file@" + descriptor.Digest.String(),
		SignatureMediaType: mediaType,
	}
	outcome, err := trusted.Verify(context.Background(), descriptor, bytes, options)
	if err != nil {
		return err
	}
	return outcome.Error
}
