module catsvdogs/services/chaos

go 1.26.0

require (
	catsvdogs/services/e2e v0.0.0
	catsvdogs/services/pipeline v0.0.0
	catsvdogs/services/simulator v0.0.0
	github.com/Shopify/toxiproxy/v2 v2.5.0
	github.com/google/go-cmp v0.7.0
	github.com/rs/zerolog v1.28.0
	github.com/twmb/franz-go v1.22.2
	github.com/twmb/franz-go/pkg/kadm v1.19.0
	golang.org/x/sync v0.24.0
)

require (
	catsvdogs/schemas v0.0.0 // indirect
	github.com/alecthomas/kong v1.17.0 // indirect
	github.com/beorn7/perks v1.0.1 // indirect
	github.com/cenkalti/backoff/v5 v5.0.3 // indirect
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/goccy/go-json v0.12.0 // indirect
	github.com/goccy/go-yaml v1.19.2 // indirect
	github.com/gofrs/flock v0.13.2 // indirect
	github.com/gorilla/mux v1.8.0 // indirect
	github.com/klauspost/compress v1.20.3 // indirect
	github.com/mattn/go-colorable v0.1.13 // indirect
	github.com/mattn/go-isatty v0.0.24 // indirect
	github.com/munnerz/goautoneg v0.0.0-20191010083416-a7dc8b61c822 // indirect
	github.com/pierrec/lz4/v4 v4.1.33 // indirect
	github.com/prometheus/client_golang v1.25.0 // indirect
	github.com/prometheus/client_model v0.6.3 // indirect
	github.com/prometheus/common v0.72.0 // indirect
	github.com/prometheus/procfs v0.22.0 // indirect
	github.com/rs/xid v1.6.0 // indirect
	github.com/santhosh-tekuri/jsonschema/v6 v6.0.3 // indirect
	github.com/twmb/franz-go/pkg/kmsg v1.15.0 // indirect
	github.com/twmb/franz-go/plugin/kprom v1.5.0 // indirect
	github.com/twmb/franz-go/plugin/kslog v1.0.0 // indirect
	golang.org/x/crypto v0.58.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
	golang.org/x/text v0.43.0 // indirect
	google.golang.org/protobuf v1.36.12 // indirect
	gopkg.in/tomb.v1 v1.0.0-20141024135613-dd632973f1e7 // indirect
)

replace (
	catsvdogs/schemas => ../../schemas
	catsvdogs/services/allinone => ../allinone
	catsvdogs/services/e2e => ../e2e
	catsvdogs/services/embedded => ../embedded
	catsvdogs/services/enricher => ../enricher
	catsvdogs/services/ingest => ../ingest
	catsvdogs/services/ledger => ../ledger
	catsvdogs/services/live => ../live
	catsvdogs/services/pipeline => ../pipeline
	catsvdogs/services/provision => ../provision
	catsvdogs/services/simulator => ../simulator
	catsvdogs/services/sink => ../sink
)

replace catsvdogs/kibana => ../../kibana

replace catsvdogs/services/refresher => ../refresher
