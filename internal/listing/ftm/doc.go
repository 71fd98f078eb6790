// Package ftm reads collections of entities in the FollowTheMoney model, one
// JSON object a line, as OpenSanctions and its like publish them: both
// "entities.ftm.json", whose entities name each other by id, and
// "targets.nested.json", which puts one into the other.
//
// Begin with [Recognise] and [Read]. [Programmes] tells a reading which
// collections hold the entries of which programme.
//
// # Format
//
//	{"id": "NK-1", "schema": "Company", "caption": "Acme", "target": true,
//	 "properties": {"name": ["Acme"], "innCode": ["7700000000"]},
//	 "datasets": ["us_ofac_sdn"], "referents": ["ofac-36"],
//	 "first_seen": "2023-04-20T10:14:02", "last_seen": "…", "last_change": "…"}
//
// Only id, schema and properties are needed. A property has a list of values,
// which are texts or, in the nested form, entities.
//
// # Subjects
//
// An entity's id is its subject, kept as it stands. What an entity says about
// another (a passport about its holder, a security about its issuer) is a
// statement about the other.
//
// # Entries
//
// A party is an entry where the collection says that it is a target: a
// Sanction points at it, or a topic says so (see [listingTopics]), or, where
// no topics are given, the flag "target" or a collection that holds nothing
// but a programme's entries. Everybody else is a party without a listing.
//
// The programmes of an entry are those that its Sanctions name by programId,
// and those whose collections it or they are in. The heaviest, a blocking one
// before others, is the programme of the subject itself; each further one is a
// listing of its own, "<id>#<programme>", whose party is the subject. What is
// a target without a programme that is known here is listed on
// "ftm-<collection>": no consequence is known of it, so that policies leave it
// to people.
//
// The publisher of a collection tells its entities apart, so [listing.Entry]
// has the source as its list, and entities of one collection are never joined
// by name.
//
// # Referents
//
// The ids of the source records that a collection merged into an entity are
// links of the kind same_as; "ofac-36", which is OFAC's own number, to the
// entry of OFAC's list. Ids that the collection itself made for an earlier
// merge, "NK-…", are passed over.
//
// # Days
//
// An edition's day is the newest on which the collection saw one of its
// entities. A Sanction's start and end become events, overlapping ones joined.
// An end that gives only a month or year is taken for the first day after it;
// a start that gives no day is left for the editions to show.
package ftm
