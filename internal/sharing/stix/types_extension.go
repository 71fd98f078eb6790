package stix

// observableExtensions is the extensions that the standard defines, by the
// type that they extend and their names.
func observableExtensions() map[string]map[string]*shape {
	return map[string]map[string]*shape{
		"file": {
			"archive-ext": newShape("6.7.2", props{"contains_refs": identifier.required().to("file", "directory").list(), "comment": text}),
			"ntfs-ext": newShape("6.7.3", props{
				"sid": text, "alternate_data_streams": embedded(newShape("6.7.3.1", props{"name": text.required(), "hashes": hashes, "size": count})).list(),
			}).withSome(),
			"pdf-ext": newShape("6.7.4", props{
				"version": text, "is_optimized": boolean, "document_info_dict": dictionary.of(text).that(documentInfo), "pdfid0": text, "pdfid1": text,
			}).withSome(),
			"raster-image-ext": newShape("6.7.5", props{
				"image_height": integer, "image_width": integer, "bits_per_pixel": integer,
				"exif_tags": dictionary.of(anyValue.that(tagValue)).that(tagNames),
			}).withSome(),
			"windows-pebinary-ext": windowsBinary(),
		},
		"network-traffic": {
			"http-request-ext": newShape("6.12.2", props{
				"request_method": text.required(), "request_value": text.required(), "request_version": text,
				"request_header": dictionary.of(text.list()).that(requestHeaders), "message_body_length": integer,
				"message_body_data_ref": identifier.to("artifact"),
			}),
			"icmp-ext": newShape("6.12.3", props{"icmp_type_hex": hexadecimal.required(), "icmp_code_hex": hexadecimal.required()}),
			"socket-ext": newShape("6.12.4", props{
				"address_family": text.required().from(addressFamilies), "is_blocking": boolean, "is_listening": boolean,
				"options": dictionary.of(integer).that(socketOptions), "socket_type": text.from(socketTypes), "socket_descriptor": count,
				"socket_handle": integer,
			}),
			"tcp-ext": newShape("6.12.5", props{"src_flags_hex": hexadecimal, "dst_flags_hex": hexadecimal}).withSome(),
		},
		"process": {
			"windows-process-ext": newShape("6.13.2", props{
				"aslr_enabled": boolean, "dep_enabled": boolean, "priority": text.that(priority), "owner_sid": text, "window_title": text,
				"startup_info": anyValue.that(startupInfo), "integrity_level": text.from(integrityLevels),
			}).withSome(),
			"windows-service-ext": newShape("6.13.3", props{
				"service_name": text, "descriptions": text.list(), "display_name": text, "group_name": text, "start_type": text.from(serviceStarts),
				"service_dll_refs": identifier.to("file").list(), "service_type": text.from(serviceTypes), "service_status": text.from(serviceStatuses),
			}).withSome(),
		},
		"user-account": {
			"unix-account-ext": newShape("6.16.2", props{"gid": integer, "groups": text.list(), "home_dir": text, "shell": text}).withSome(),
		},
	}
}

// windowsBinary is the extension for executables of Windows (section 6.7.6).
func windowsBinary() *shape {
	header := newShape("6.7.6.1", props{
		"magic_hex": hexadecimal, "major_linker_version": integer, "minor_linker_version": integer, "size_of_code": count,
		"size_of_initialized_data": count, "size_of_uninitialized_data": count, "address_of_entry_point": integer, "base_of_code": integer,
		"base_of_data": integer, "image_base": integer, "section_alignment": integer, "file_alignment": integer, "major_os_version": integer,
		"minor_os_version": integer, "major_image_version": integer, "minor_image_version": integer, "major_subsystem_version": integer,
		"minor_subsystem_version": integer, "win32_version_value_hex": hexadecimal, "size_of_image": count, "size_of_headers": count,
		"checksum_hex": hexadecimal, "subsystem_hex": hexadecimal, "dll_characteristics_hex": hexadecimal, "size_of_stack_reserve": count,
		"size_of_stack_commit": count, "size_of_heap_reserve": count, "size_of_heap_commit": count, "loader_flags_hex": hexadecimal,
		"number_of_rva_and_sizes": integer, "hashes": hashes,
	}).withSome().alone()
	section := newShape("6.7.6.2", props{"name": text.required(), "size": count, "entropy": float, "hashes": hashes})
	return newShape("6.7.6", props{
		"pe_type": text.required().from(binaryTypes), "imphash": text, "machine_hex": hexadecimal, "number_of_sections": count,
		"time_date_stamp": timestamp.that(seconds), "pointer_to_symbol_table_hex": hexadecimal, "number_of_symbols": count,
		"size_of_optional_header": count, "characteristics_hex": hexadecimal, "file_header_hashes": hashes, "optional_header": embedded(header),
		"sections": embedded(section).list(),
	}).withSome("imphash", "machine_hex", "number_of_sections", "time_date_stamp", "pointer_to_symbol_table_hex", "number_of_symbols",
		"size_of_optional_header", "characteristics_hex", "file_header_hashes", "optional_header", "sections")
}
