// Package minioadmin makes users and policies in MinIO, whose way of doing so is its own and not S3's. It is the three
// requests that provision needs, written from what the server takes; MinIO's client for them is under the AGPL, which would
// be provision's licence, too.
package minioadmin

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/signer"

	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/pipeline/objectstore"
	"catsvdogs/services/pipeline/trust"
)

const (
	requestTimeout = 30 * time.Second
	maxAnswerBytes = 1 << 20
)

// Client talks to one MinIO as its root user. Its methods may be called from several goroutines.
type Client struct {
	base, region, user string
	secret             config.Secret
	http               *http.Client
}

// Connect returns a client for the store that is configured, as the user who is. It does not touch the network.
func Connect(c objectstore.Config) (*Client, error) {
	secret, err := config.SecretFrom(c.S3SecretKey, c.S3SecretKeyFile)
	if err != nil {
		return nil, err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	if transport.TLSClientConfig, err = trust.TLS(c.S3CAFile); err != nil {
		return nil, err
	}
	return &Client{
		base: strings.TrimRight(c.S3Endpoint, "/") + "/minio/admin/v3/", region: c.S3Region, user: c.S3AccessKey, secret: secret,
		http: &http.Client{Timeout: requestTimeout, Transport: transport},
	}, nil
}

// PutPolicy makes a policy, or replaces the one of this name. document is one of IAM.
func (c *Client) PutPolicy(ctx context.Context, name string, document []byte) error {
	return c.put(ctx, "add-canned-policy", url.Values{"name": {name}}, document)
}

// PutUser makes a user, or replaces its secret key.
func (c *Client) PutUser(ctx context.Context, name, secret string) error {
	user, err := json.Marshal(struct {
		SecretKey string `json:"secretKey"`
		Status    string `json:"status"`
	}{secret, "enabled"})
	if err != nil {
		return fmt.Errorf("describe the user: %w", err)
	}
	sealed, err := seal(c.secret.Reveal(), user)
	if err != nil {
		return fmt.Errorf("encrypt the user's key: %w", err)
	}
	return c.put(ctx, "add-user", url.Values{"accessKey": {name}}, sealed)
}

// Attach makes a policy the only one of a user.
func (c *Client) Attach(ctx context.Context, policy, user string) error {
	return c.put(ctx, "set-user-or-group-policy", url.Values{"policyName": {policy}, "userOrGroup": {user}, "isGroup": {"false"}}, nil)
}

// put sends a request. An answer that is no success is a minio.ErrorResponse.
func (c *Client) put(ctx context.Context, what string, query url.Values, body []byte) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPut, c.base+what+"?"+query.Encode(), bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("make a request to the object store: %w", err)
	}
	sum := sha256.Sum256(body)
	r.Header.Set("X-Amz-Content-Sha256", hex.EncodeToString(sum[:]))
	r.Header.Set("User-Agent", "catsvdogs")
	resp, err := c.http.Do(signer.SignV4(*r, c.user, c.secret.Reveal(), "", c.region))
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswerBytes))
	if resp.StatusCode == http.StatusOK || err != nil {
		return err
	}
	failure := minio.ErrorResponse{StatusCode: resp.StatusCode}
	if json.Unmarshal(answer, &failure) != nil || failure.Code == "" {
		return errors.New("the object store has no users to make, as MinIO has: it answered " + resp.Status + "; leave --access-dir out, and make them by its own means")
	}
	return failure
}
