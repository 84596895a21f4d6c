# cmake -DPROGRAM=... -DBECAUSE=regex -DTIMEOUT=seconds -P expect_failure.cmake
# Passes if PROGRAM, a doctest program, fails by failed checks that match BECAUSE: not by a crash, a hang or a report of
# a sanitizer.
execute_process(COMMAND ${PROGRAM} RESULT_VARIABLE status OUTPUT_VARIABLE out ERROR_VARIABLE err
                TIMEOUT ${TIMEOUT})
if(NOT status EQUAL 1)
  message(FATAL_ERROR "expected failed checks (exit 1), got: ${status}\n${out}\n${err}")
endif()
if(NOT out MATCHES "Status: FAILURE!" OR "${out}${err}" MATCHES "CRASHED|Sanitizer|runtime error")
  message(FATAL_ERROR "expected doctest's failed checks, got:\n${out}\n${err}")
endif()
if(NOT out MATCHES "${BECAUSE}")
  message(FATAL_ERROR "it failed, but not because \"${BECAUSE}\":\n${out}")
endif()
message(STATUS "the mutant is found: ${BECAUSE}")
