module catsvdogs/kibana

go 1.26.0

require (
	catsvdogs/schemas v0.0.0
	catsvdogs/services/pipeline v0.0.0
	github.com/google/go-cmp v0.7.0
)

require (
	github.com/goccy/go-json v0.12.0 // indirect
	github.com/goccy/go-yaml v1.19.2 // indirect
	github.com/santhosh-tekuri/jsonschema/v6 v6.0.3 // indirect
	golang.org/x/text v0.43.0 // indirect
)

replace (
	catsvdogs/schemas => ../schemas
	catsvdogs/services/pipeline => ../services/pipeline
)
