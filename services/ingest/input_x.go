package ingest

import (
	"errors"

	"catsvdogs/services/ingest/xstream"
	"catsvdogs/services/pipeline/telemetry"
)

// inputX returns X's filtered stream as a source, with the contest's rules.
func inputX(cfg Config, tel *telemetry.Stage, status func(reason string)) (Source, error) {
	rules, err := cfg.contest()
	base, urlErr := cfg.apiURL()
	token, tokenErr := cfg.token()
	if err := errors.Join(err, urlErr, tokenErr); err != nil {
		return nil, err
	}
	o := xstream.Options{
		URL: base, Token: token, OwnAllRules: cfg.OwnAllRules, StallTimeout: cfg.StallTimeout,
		Logger: tel.Logger, Registerer: tel.Registerer, Status: status,
	}
	for _, r := range rules.StreamRules() {
		o.Rules = append(o.Rules, xstream.Rule{Value: r.Value, Tag: r.Tag})
	}
	return xstream.New(o), nil
}
