// Package csl reads the Consolidated Screening List, in which trade.gov puts
// together the lists of the US departments of Commerce, State and the Treasury:
// the CSV file, and the JSON that the file consolidated.json and the search
// service give. The JSON form is written from the publisher's description of
// its fields; no file of it was at hand.
//
// Begin with [Recognise] and [Read].
//
// # Format
//
// Commas part the columns source*, entity_number, type, programs, name*, title,
// addresses, federal_register_notice, start_date, end_date, standard_order,
// license_requirement, license_policy, call_sign, vessel_type, gross_tonnage,
// gross_registered_tonnage, vessel_flag, vessel_owner, remarks,
// source_list_url, alt_names, citizenships, dates_of_birth, nationalities,
// places_of_birth, source_information_url, ids; those marked are needed.
// Semicolons part several values, commas the parts of an address and of an id.
// In JSON the same names are fields of the objects in "results", and several
// values are lists.
//
// # Entries
//
// The source names the list, and its abbreviation in brackets the programme.
// Entries of the Treasury's lists have OFAC's own numbers and are the same
// listings as in OFAC's files; any other is its list and the slug of its name,
// and several rows with one name of one list are one listing. A list of which
// no programme is known here is told as a programme without consequences, so
// that policies leave it to people.
//
// A row begins on its start_date and, where it has an end_date, ends on it.
package csl
