# The few functions that a folder's CMakeLists.txt needs:
#   component(NAME source... [LIBS lib...])  all of a program but main.c, as a library, so that tests link what ships
#   program(NAME main.c component...)        an executable in build/PRESET/bin
#   unit_test(NAME component...)             tests/unit/test_NAME.c, run by ctest with label "unit"
#   fuzz_target(NAME component...)           tests/fuzz/fuzz_NAME.c with corpus tests/fuzz/corpus/NAME:
#                                            a libFuzzer binary in the preset "fuzz", in the others a replay of
#                                            the kept corpus, run by ctest with label "unit"

set(SANITIZE "" CACHE STRING "Sanitizers, e.g. address,undefined")
option(FUZZ "Build the fuzz targets with libFuzzer (clang)" OFF)
option(COVERAGE "Build for gcov" OFF)

set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

# A broken invariant ends the process in what ships too: assert stays on.
string(REPLACE "-DNDEBUG" "" CMAKE_C_FLAGS_RELWITHDEBINFO "${CMAKE_C_FLAGS_RELWITHDEBINFO}")
string(REPLACE "-DNDEBUG" "" CMAKE_C_FLAGS_RELEASE "${CMAKE_C_FLAGS_RELEASE}")

# What the programs ask schema_migrations for: the highest number in schema/. They refuse any other.
file(GLOB schema_files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/schema/[0-9][0-9][0-9][0-9]_*.sql)
list(SORT schema_files)
list(GET schema_files -1 schema_newest)
get_filename_component(schema_newest ${schema_newest} NAME)
string(SUBSTRING ${schema_newest} 0 4 SCHEMA_VERSION)

add_library(strict INTERFACE)
target_compile_features(strict INTERFACE c_std_17)
target_compile_definitions(strict INTERFACE _GNU_SOURCE GYMCHAT_VERSION="${PROJECT_VERSION}"
	GYMCHAT_SCHEMA_VERSION="${SCHEMA_VERSION}")
target_compile_options(strict INTERFACE
	-Wall -Wextra -Wshadow -Wformat=2 -Wmissing-prototypes -Werror -fno-strict-aliasing)
target_include_directories(strict INTERFACE ${CMAKE_SOURCE_DIR})
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

if(SANITIZE)
	target_compile_options(strict INTERFACE -fsanitize=${SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=undefined)
	target_link_options(strict INTERFACE -fsanitize=${SANITIZE})
else()
	target_compile_options(strict INTERFACE -fstack-protector-strong)
endif()
if(COVERAGE)
	target_compile_options(strict INTERFACE --coverage -fprofile-update=atomic)
	target_link_options(strict INTERFACE --coverage)
endif()

function(component name)
	cmake_parse_arguments(arg "" "" "LIBS" ${ARGN})
	add_library(${name} STATIC ${arg_UNPARSED_ARGUMENTS})
	target_link_libraries(${name} PUBLIC strict ${arg_LIBS})
	if(FUZZ)
		target_compile_options(${name} PRIVATE -fsanitize=fuzzer-no-link)
	endif()
endfunction()

function(program name main)
	add_executable(${name} ${main})
	target_link_libraries(${name} PRIVATE ${ARGN})
endfunction()

function(unit_test name)
	if(FUZZ)
		return()
	endif()
	add_executable(test_${name} ${CMAKE_SOURCE_DIR}/tests/unit/test_${name}.c)
	target_link_libraries(test_${name} PRIVATE strict ${ARGN} PkgConfig::CMOCKA)
	set_target_properties(test_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
	add_test(NAME ${name} COMMAND test_${name})
	set_tests_properties(${name} PROPERTIES LABELS unit TIMEOUT 120)
endfunction()

function(fuzz_target name)
	set(corpus ${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${name})
	add_executable(fuzz_${name} ${CMAKE_SOURCE_DIR}/tests/fuzz/fuzz_${name}.c)
	target_link_libraries(fuzz_${name} PRIVATE strict ${ARGN})
	set_target_properties(fuzz_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
	if(FUZZ)
		target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
	else()
		target_sources(fuzz_${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests/fuzz/replay.c)
		add_test(NAME fuzz_${name} COMMAND fuzz_${name} ${corpus})
		set_tests_properties(fuzz_${name} PROPERTIES LABELS unit TIMEOUT 120)
	endif()
endfunction()
