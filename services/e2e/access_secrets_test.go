//go:build unix

package e2e

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"catsvdogs/services/provision/access"
)

// mistakes are what services say when they are told something wrong about servers.
func (s *secured) mistakes(t *testing.T) []spoken {
	t.Helper()
	binaries, err := builtServices()
	if err != nil {
		t.Fatal(err)
	}
	nowhere := freePort(t)
	replaced := func(flags []string, flag, value string) []string {
		flags = slices.Clone(flags)
		flags[slices.Index(flags, flag)+1] = value
		return flags
	}
	sink := s.flags(access.Sink)
	var said []spoken
	for name, c := range map[string]struct {
		service string
		args    []string
	}{
		"no broker":           {access.Sink, replaced(sink, "--kafka-brokers", nowhere)},
		"no index":            {access.Sink, replaced(sink, "--elasticsearch-url", "http://"+nowhere)},
		"no store":            {access.Sink, replaced(sink, "--s3-endpoint", "http://"+nowhere)},
		"another's password":  {access.Sink, replaced(sink, "--elasticsearch-password-file", s.file("vault", "elasticsearch-catsvdogs_ledger"))},
		"another's key":       {access.Sink, replaced(sink, "--s3-secret-key-file", s.file("vault", "s3-catsvdogs-ingest"))},
		"a file for a user":   {access.Sink, replaced(sink, "--kafka-client-cert-file", s.file(access.Sink, "elasticsearch"))},
		"a password in a URL": {access.Sink, replaced(sink, "--elasticsearch-url", "http://catsvdogs_sink:"+url.QueryEscape(canary("elasticsearch-catsvdogs_sink"))+"@127.0.0.1:9200")},
		"a misspelt variable": {access.Sink, sink},
		"no ES for ledger":    {access.Ledger, replaced(s.flags(access.Ledger), "--elasticsearch-url", "http://"+nowhere)},
		"another certificate": {access.Live, replaced(s.flags(access.Live, "--contest", "../../contest.yaml"), "--kafka-ca-file", s.file("vault", "kafka-authority"))},
		"X is away":           {access.Ingest, s.flags(access.Ingest, "--contest", "../../contest.yaml", "--source", "x", "--x-api-url", "http://"+nowhere, "--x-bearer-token-file", tokenFile(t))},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
		cmd := exec.CommandContext(ctx, binaries[c.service], append(c.args, "--telemetry-addr", freePort(t), "--log-level", "debug")...)
		cmd.Env = os.Environ()
		if name == "a misspelt variable" {
			cmd.Env = append(cmd.Env, "CATSVDOGS_ELASTICSEARCH_PASWORD="+canary("elasticsearch-catsvdogs_sink"))
		}
		cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
		cmd.WaitDelay = 20 * time.Second
		out, _ := cmd.CombinedOutput() // most of them wait for what never comes
		cancel()
		if len(out) == 0 {
			t.Errorf("%s: %s says nothing", name, c.service)
		}
		said = append(said, spoken{c.service + " told of " + name, out})
	}
	return said
}

// searchSecrets looks for every secret of the vault, in every writing.
func (s *secured) searchSecrets(t *testing.T, everything []spoken) {
	t.Helper()
	secrets := map[string][]byte{"X's token": []byte(bearerToken)}
	vault, err := os.ReadDir(s.file("vault", ""))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range vault {
		secrets[e.Name()] = []byte(s.secret(t, e.Name()))
	}
	for _, service := range []string{access.Ingest, access.Refresher, access.Enricher, access.Sink, access.Live, access.Ledger} {
		key, err := os.ReadFile(s.file(service, "kafka.key"))
		if err != nil {
			t.Fatal(err)
		}
		block, _ := pem.Decode(key)
		secrets[service+"'s key"] = block.Bytes
		secrets["a line of "+service+"'s key"] = bytes.Split(key, []byte("\n"))[1]
	}
	total := 0
	for _, text := range everything {
		total += len(text.text)
	}
	if len(everything) < 40 || total < 100_000 || len(secrets) < 15 {
		t.Errorf("%d texts of %d bytes and %d secrets: the search would find nothing", len(everything), total, len(secrets))
	}
	for name, secret := range secrets {
		for writing, wanted := range writings(secret) {
			for _, text := range everything {
				if at := bytes.Index(text.text, wanted); at >= 0 {
					t.Errorf("%s holds %s (%s)", text.where, name, writing)
				}
			}
		}
	}
}

// writings are a secret as a log or a page might have it. Base64 of a text with the secret somewhere within holds one of three
// others, for the three places at which it may begin.
func writings(secret []byte) map[string][]byte {
	inJSON, _ := json.Marshal(string(secret))
	all := map[string][]byte{
		"plain": secret, "hex": []byte(hex.EncodeToString(secret)), "HEX": []byte(strings.ToUpper(hex.EncodeToString(secret))),
		"query": []byte(url.QueryEscape(string(secret))), "path": []byte(url.PathEscape(string(secret))), "JSON": bytes.Trim(inJSON, `"`),
	}
	for shift := range 3 {
		for name, encoding := range map[string]*base64.Encoding{"base64": base64.RawStdEncoding, "base64 of URLs": base64.RawURLEncoding} {
			text := encoding.EncodeToString(append(make([]byte, shift), secret...))
			begin := (shift*8 + 5) / 6
			all[name+strings.Repeat(" shifted", shift)] = []byte(text[begin : len(text)-2])
		}
	}
	maps.DeleteFunc(all, func(_ string, w []byte) bool { return len(w) < 8 })
	return all
}

func TestTheSearchForSecretsFindsThemInEveryWriting(t *testing.T) {
	t.Parallel()
	secret := canary("of a user")
	header := func(user string) string { return base64.StdEncoding.EncodeToString([]byte(user + ":" + secret)) }
	for _, text := range []string{
		"plain " + secret + ".", "Basic " + header("a"), "Basic " + header("ab"), "Basic " + header("abc"), "?key=" + url.QueryEscape(secret),
		hex.EncodeToString([]byte("x" + secret)), `{"key":` + string(must(json.Marshal(secret))) + "}",
	} {
		found := false
		for _, wanted := range writings([]byte(secret)) {
			found = found || strings.Contains(text, string(wanted))
		}
		if !found {
			t.Errorf("it is not found in %s", text)
		}
	}
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}
