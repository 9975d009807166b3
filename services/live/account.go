package live

import (
	"encoding/json"
	"errors"
	"time"
)

// Account is what the ledger says of every record: how many there are at each station of their way, and whether each is
// there once.
type Account struct {
	At       string          `json:"at"` // when it was drawn up
	Balanced bool            `json:"balanced"`
	Pending  int64           `json:"pending"`  // on their way, and no loss
	Findings int64           `json:"findings"` // missing, double, stale or different
	Stations AccountStations `json:"stations"`
}

// AccountStations are records by where they are. HandedOver is absent where the source keeps no account of its own.
type AccountStations struct {
	HandedOver  *int64 `json:"handed_over,omitempty"`
	Raw         int64  `json:"raw"`
	Enriched    int64  `json:"enriched"`
	DeadLetters int64  `json:"dead_letters"`
	Posts       int64  `json:"posts"` // that the index is held to
	Archived    int64  `json:"archived"`
}

// errNoAccount is why there is nothing to show of an account.
var errNoAccount = errors.New("no account is kept here, or none has been drawn up yet")

// ledgerAccount is what the page wants of the ledger's answer to GET /account. It is read here by its names in JSON: the two
// services share no code.
type ledgerAccount struct {
	At       time.Time `json:"at"`
	Balanced bool      `json:"balanced"`
	Pending  int64     `json:"pending"`
	Findings int64     `json:"findings_total"`
	Handed   *struct {
		Lines int64 `json:"lines"`
	} `json:"handed"`
	Raw, Enriched ledgerTopic
	DeadLetters   ledgerTopic `json:"dead_letters"`
	Posts         struct {
		Remembered int64 `json:"remembered"`
	} `json:"posts"`
}

type ledgerTopic struct {
	Records  int64 `json:"records"`
	Archived int64 `json:"archived"`
}

// readAccount reads an answer of the ledger. Numbers below zero are nobody's.
func readAccount(body []byte) (*Account, error) {
	var l ledgerAccount
	if err := json.Unmarshal(body, &l); err != nil {
		return nil, err
	}
	a := &Account{
		At: instant(l.At), Balanced: l.Balanced, Pending: l.Pending, Findings: l.Findings,
		Stations: AccountStations{
			Raw: l.Raw.Records, Enriched: l.Enriched.Records, DeadLetters: l.DeadLetters.Records,
			Posts: l.Posts.Remembered, Archived: l.Raw.Archived + l.Enriched.Archived,
		},
	}
	if l.Handed != nil {
		a.Stations.HandedOver = &l.Handed.Lines
	}
	s := a.Stations
	least := min(a.Pending, a.Findings, s.Raw, s.Enriched, s.DeadLetters, s.Posts, s.Archived)
	if s.HandedOver != nil {
		least = min(least, *s.HandedOver)
	}
	if l.At.IsZero() || least < 0 {
		return nil, errors.New("this is no account")
	}
	return a, nil
}

// accounted returns the account of the newest state as JSON; the error may be errNoAccount.
func (s *scoreboard) accounted() (answer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.account == nil {
		return answer{}, errNoAccount
	}
	body, err := json.Marshal(s.account)
	return answer{body: body}, err
}

// balance takes a new account. The next state shows it, at most a second later.
func (s *scoreboard) balance(a *Account) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.account = a
}
