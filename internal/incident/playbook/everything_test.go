package playbook

// everything uses what the standard has, for comparisons with its schema.
const everything = `{
"type":"playbook","spec_version":"cacao-2.0","id":"playbook--00000000-0000-4000-8000-000000000001","name":"Everything","description":"d",
"playbook_types":["detection"],"playbook_activities":["scan-system"],"playbook_processing_summary":{"if_logic":true,"extensions":false},
"created_by":"identity--00000000-0000-4000-8000-000000000001","created":"2026-01-01T00:00:00.000Z","modified":"2026-01-02T00:00:00.000Z","revoked":false,
"valid_from":"2026-01-01T00:00:00.000Z","valid_until":"2126-01-01T00:00:00.000Z","derived_from":["playbook--00000000-0000-4000-8000-000000000002"],
"related_to":["campaign--00000000-0000-4000-8000-000000000002"],"priority":3,"severity":70,"impact":5,"industry_sectors":["government"],"labels":["l"],
"external_references":[{"name":"n","description":"d","source":"s","url":"https://example.org","external_id":"e","reference_id":"r"}],
"markings":["marking-tlp--00000000-0000-4000-8000-000000000001"],
"playbook_variables":{"__a__":{"type":"string","description":"d","value":"v","constant":false,"external":false},"__b__":{"type":"integer","value":null,"external":true}},
"workflow_start":"start--00000000-0000-4000-8000-000000000001","workflow_exception":"end--00000000-0000-4000-8000-000000000001",
"workflow":{
 "start--00000000-0000-4000-8000-000000000001":{"type":"start","name":"n","on_completion":"action--00000000-0000-4000-8000-000000000001"},
 "action--00000000-0000-4000-8000-000000000001":{"type":"action","name":"n","description":"d","delay":5,"timeout":60000,"owner":"identity--00000000-0000-4000-8000-000000000001",
  "external_references":[{"name":"n"}],"step_variables":{"__c__":{"type":"bool"}},"agent":"individual--00000000-0000-4000-8000-000000000001",
  "targets":["http-api--00000000-0000-4000-8000-000000000001"],"in_args":["__a__"],"out_args":["__c__"],
  "commands":[{"type":"http-api","command":"POST /x HTTP/1.1","headers":{"Accept":["text/plain"]},"content":"__a__:value"}],
  "step_extensions":{"extension-definition--00000000-0000-4000-8000-000000000001":{"x":1}},
  "on_success":"if-condition--00000000-0000-4000-8000-000000000001","on_failure":"end--00000000-0000-4000-8000-000000000001"},
 "if-condition--00000000-0000-4000-8000-000000000001":{"type":"if-condition","condition":"__a__:value = 'v'","on_true":"end--00000000-0000-4000-8000-000000000002","on_false":"end--00000000-0000-4000-8000-000000000003","on_completion":"parallel--00000000-0000-4000-8000-000000000001"},
 "parallel--00000000-0000-4000-8000-000000000001":{"type":"parallel","next_steps":["end--00000000-0000-4000-8000-000000000004","end--00000000-0000-4000-8000-000000000005"],"on_completion":"switch-condition--00000000-0000-4000-8000-000000000001"},
 "switch-condition--00000000-0000-4000-8000-000000000001":{"type":"switch-condition","switch":"__b__:value","cases":{"1":"end--00000000-0000-4000-8000-000000000006","default":"end--00000000-0000-4000-8000-000000000007"},"on_completion":"while-condition--00000000-0000-4000-8000-000000000001"},
 "while-condition--00000000-0000-4000-8000-000000000001":{"type":"while-condition","condition":"__b__:value < 3","on_true":"playbook-action--00000000-0000-4000-8000-000000000001","on_completion":"end--00000000-0000-4000-8000-000000000001"},
 "playbook-action--00000000-0000-4000-8000-000000000001":{"type":"playbook-action","playbook_id":"playbook--00000000-0000-4000-8000-000000000009","playbook_version":"2026-01-01T00:00:00.000Z","in_args":["__a__"],"out_args":["__b__"],"on_completion":"end--00000000-0000-4000-8000-000000000008"},
 "end--00000000-0000-4000-8000-000000000001":{"type":"end"},"end--00000000-0000-4000-8000-000000000002":{"type":"end"},"end--00000000-0000-4000-8000-000000000003":{"type":"end"},
 "end--00000000-0000-4000-8000-000000000004":{"type":"end"},"end--00000000-0000-4000-8000-000000000005":{"type":"end"},"end--00000000-0000-4000-8000-000000000006":{"type":"end"},
 "end--00000000-0000-4000-8000-000000000007":{"type":"end"},"end--00000000-0000-4000-8000-000000000008":{"type":"end"}},
"authentication_info_definitions":{
 "http-basic--00000000-0000-4000-8000-000000000001":{"type":"http-basic","name":"n","user_id":"u","password":"__a__:value","kms":false},
 "oauth2--00000000-0000-4000-8000-000000000001":{"type":"oauth2","oauth_header":"h","token":"__a__:value"},
 "user-auth--00000000-0000-4000-8000-000000000001":{"type":"user-auth","username":"u","kms":true,"kms_key_identifier":"k"}},
"agent_definitions":{
 "individual--00000000-0000-4000-8000-000000000001":{"type":"individual","name":"n","location":{"name":"l","region":"europe","latitude":"1"},"contact":{"email":{"work":"a@example.org"},"phone":{"work":"1"},"contact_details":"c"}},
 "group--00000000-0000-4000-8000-000000000001":{"type":"group","name":"n","contact":{"email":{}}},
 "organization--00000000-0000-4000-8000-000000000001":{"type":"organization","name":"n"},
 "sector--00000000-0000-4000-8000-000000000001":{"type":"sector","name":"n","sector":"energy"},
 "location--00000000-0000-4000-8000-000000000001":{"type":"location","name":"n","logical":["l"]},
 "security-category--00000000-0000-4000-8000-000000000001":{"type":"security-category","name":"n","category":["siem"]}},
"target_definitions":{
 "http-api--00000000-0000-4000-8000-000000000001":{"type":"http-api","name":"n","address":{"dname":["example.org"]},"port":"443","authentication_info":"http-basic--00000000-0000-4000-8000-000000000001","category":["server"]},
 "ssh--00000000-0000-4000-8000-000000000001":{"type":"ssh","name":"n","address":{"ipv4":["192.0.2.1"]},"authentication_info":"user-auth--00000000-0000-4000-8000-000000000001"},
 "linux--00000000-0000-4000-8000-000000000001":{"type":"linux","name":"n","address":{"ipv6":["2001:db8::1"]},"authentication_info":"oauth2--00000000-0000-4000-8000-000000000001"},
 "net-address--00000000-0000-4000-8000-000000000001":{"type":"net-address","name":"n","address":{"vlan":[7]}}},
"extension_definitions":{"extension-definition--00000000-0000-4000-8000-000000000001":{"type":"extension-definition","name":"n","created_by":"identity--00000000-0000-4000-8000-000000000001","schema":"s","version":"1.0.0","external_references":[{"name":"n"}]}},
"data_marking_definitions":{
 "marking-tlp--00000000-0000-4000-8000-000000000001":{"type":"marking-tlp","id":"marking-tlp--00000000-0000-4000-8000-000000000001","created_by":"identity--00000000-0000-4000-8000-000000000001","created":"2026-01-01T00:00:00.000Z","tlpv2_level":"TLP:GREEN"},
 "marking-statement--00000000-0000-4000-8000-000000000001":{"type":"marking-statement","id":"marking-statement--00000000-0000-4000-8000-000000000001","created_by":"identity--00000000-0000-4000-8000-000000000001","created":"2026-01-01T00:00:00.000Z","statement":"s"}},
"signatures":[{"type":"jss","id":"jss--00000000-0000-4000-8000-000000000001","created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z","signee":"s","related_to":"playbook--00000000-0000-4000-8000-000000000001","related_version":"2026-01-02T00:00:00.000Z","hash_algorithm":"sha-256","algorithm":"RS256","public_key":"k","value":"v"}]
}`
