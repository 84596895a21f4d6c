# gateway_add_plugin(<target>
#   SOURCES <file>...
#   [OUTPUT_NAME <name>]      file name without .so; default: the target's name
#   [DIRECTORY <dir>]         where the library goes; default: <build>/plugin
#   [LIBRARIES <target>...])  static, position independent libraries
#
# A shared library that a gateway accepts: it exports the entry symbol alone, unmaps after dlclose,
# has no undefined symbols, and is a 0755 file in a 0755 directory whatever the umask (a
# group-writable one is refused at load).

function(gateway_add_plugin target)
  set(version_script ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/gateway_plugin.map)
  cmake_parse_arguments(ARG "" "OUTPUT_NAME;DIRECTORY" "SOURCES;LIBRARIES" ${ARGN})
  if(NOT ARG_OUTPUT_NAME)
    set(ARG_OUTPUT_NAME ${target})
  endif()
  if(NOT ARG_DIRECTORY)
    set(ARG_DIRECTORY ${CMAKE_BINARY_DIR}/plugin)
  endif()

  add_library(${target} MODULE ${ARG_SOURCES})
  set_property(GLOBAL APPEND PROPERTY GATEWAY_PLUGINS ${target})
  target_link_libraries(${target} PRIVATE gateway_plugin_abi ${ARG_LIBRARIES})
  set_target_properties(${target} PROPERTIES
    PREFIX ""
    OUTPUT_NAME ${ARG_OUTPUT_NAME}
    SUFFIX .so
    LIBRARY_OUTPUT_DIRECTORY ${ARG_DIRECTORY}
    POSITION_INDEPENDENT_CODE ON
    SKIP_BUILD_RPATH ON
    LINK_DEPENDS ${version_script})
  # GNU-unique symbols pin a library; clang makes none and refuses the flag.
  target_compile_options(${target} PRIVATE
    -fvisibility=hidden
    $<$<COMPILE_LANGUAGE:CXX>:-fvisibility-inlines-hidden>
    $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fno-gnu-unique>)
  target_link_options(${target} PRIVATE
    LINKER:--version-script=${version_script}
    LINKER:-z,now LINKER:-z,relro LINKER:-z,noexecstack LINKER:--build-id)
  # Sanitizers leave references that only the program resolves.
  if(NOT CMAKE_BUILD_TYPE MATCHES "^([Aa]san|[Tt]san)$")
    target_link_options(${target} PRIVATE LINKER:-z,defs)
  endif()
  add_custom_command(TARGET ${target} POST_BUILD
    COMMAND chmod 0755 ${ARG_DIRECTORY} $<TARGET_FILE:${target}>
    VERBATIM)
endfunction()
