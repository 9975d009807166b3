package s3

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The words of AWS Signature Version 4,
// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html.
const (
	algorithm  = "AWS4-HMAC-SHA256"
	dateLayout = "20060102T150405Z"
	dateHeader = "X-Amz-Date"
	hashHeader = "X-Amz-Content-Sha256"
	maxSkew    = 15 * time.Minute
)

// keyPair is what requests must be signed with.
type keyPair struct{ access, secret string }

// seal is what a verified request leaves behind for the verification of its body: the chain of chunk signatures starts
// with the request's own.
type seal struct {
	signature string
	date      string // X-Amz-Date
	scope     string // yyyymmdd/region/s3/aws4_request
	key       []byte // derived signing key
	payload   string // X-Amz-Content-Sha256: a hash in hex, UNSIGNED-PAYLOAD or STREAMING-…
}

// verify checks the Authorization header of r. The refusal is nil when the request was signed with k less than 15
// minutes from now.
func (k keyPair) verify(r *http.Request, now time.Time) (seal, *refusal) {
	header, ok := strings.CutPrefix(r.Header.Get("Authorization"), algorithm+" ")
	if !ok {
		return seal{}, refuse(http.StatusForbidden, "AccessDenied", "the request is not signed with "+algorithm+" in the Authorization header")
	}
	fields := map[string]string{}
	for field := range strings.SplitSeq(header, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(field), "=")
		fields[name] = value
	}
	access, scope, _ := strings.Cut(fields["Credential"], "/")
	if access != k.access {
		return seal{}, refuse(http.StatusForbidden, "InvalidAccessKeyId", "the access key is not known here")
	}
	s := seal{date: r.Header.Get(dateHeader), scope: scope, payload: r.Header.Get(hashHeader)}
	at, err := time.Parse(dateLayout, s.date)
	parts := strings.Split(scope, "/")
	if err != nil || len(parts) != 4 || parts[0] != at.Format("20060102") || parts[2] != "s3" || parts[3] != "aws4_request" {
		return seal{}, refuse(http.StatusBadRequest, "AuthorizationHeaderMalformed", "the credential scope is not yyyymmdd/region/s3/aws4_request of "+dateHeader)
	}
	if skew := now.Sub(at); skew > maxSkew || skew < -maxSkew {
		return seal{}, refuse(http.StatusForbidden, "RequestTimeTooSkewed", "the request was signed more than 15 minutes from now")
	}
	signed := strings.Split(fields["SignedHeaders"], ";")
	for _, must := range []string{"host", "x-amz-content-sha256", "x-amz-date"} {
		if !slices.Contains(signed, must) {
			return seal{}, refuse(http.StatusForbidden, "AccessDenied", "the header "+must+" is not signed")
		}
	}
	s.key = hmacOf([]byte("AWS4"+k.secret), parts...)
	request := sha256.Sum256([]byte(canonicalRequest(r, signed, s.payload)))
	s.signature = s.sign(algorithm, s.date, s.scope, hex.EncodeToString(request[:]))
	if !hmac.Equal([]byte(s.signature), []byte(fields["Signature"])) {
		return seal{}, refuse(http.StatusForbidden, "SignatureDoesNotMatch", "the signature is not the one that the secret key gives")
	}
	return s, nil
}

// sign returns the hex signature of lines joined with line feeds.
func (s seal) sign(lines ...string) string {
	return hex.EncodeToString(hmacOf(s.key, strings.Join(lines, "\n")))
}

// hmacOf chains HMAC-SHA256 over parts, each result being the key for the next.
func hmacOf(key []byte, parts ...string) []byte {
	for _, part := range parts {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(part))
		key = mac.Sum(nil)
	}
	return key
}

// canonicalRequest lays r out as the specification prescribes.
func canonicalRequest(r *http.Request, signed []string, payload string) string {
	var b strings.Builder
	b.WriteString(r.Method + "\n" + encodePath(r.URL.Path) + "\n")
	b.WriteString(strings.ReplaceAll(r.URL.Query().Encode(), "+", "%20") + "\n")
	for _, name := range signed {
		b.WriteString(name + ":" + headerValue(r, name) + "\n")
	}
	b.WriteString("\n" + strings.Join(signed, ";") + "\n" + payload)
	return b.String()
}

func headerValue(r *http.Request, name string) string {
	switch name {
	case "host": // net/http moves it out of the headers
		return r.Host
	case "content-length":
		return strconv.FormatInt(r.ContentLength, 10)
	}
	values := r.Header.Values(name)
	folded := make([]string, len(values))
	for i, v := range values {
		folded[i] = strings.Join(strings.Fields(v), " ")
	}
	return strings.Join(folded, ",")
}

// encodePath percent-encodes every byte but the unreserved ones and the slash; url.PathEscape leaves more bytes alone.
func encodePath(path string) string {
	const hexDigits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(path) {
		c := path[i]
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-_.~/", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(hexDigits[c>>4])
		b.WriteByte(hexDigits[c&15])
	}
	return b.String()
}
