# What `cmake --install` puts where. The package gives `find_package(gateway_host)` to programs that
# embed a plugin, and gateway_add_plugin() to those who write one.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/gateway_host)

foreach(library gateway_base gateway_plugin_abi gateway_host gateway_testing)
  if(TARGET ${library})
    install(TARGETS ${library} EXPORT gateway_hostTargets ARCHIVE COMPONENT sdk)
  endif()
endforeach()
install(EXPORT gateway_hostTargets DESTINATION ${package_dir} COMPONENT sdk)
install(DIRECTORY host_api/include/gateway host_api/base/include/base
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT sdk)

configure_package_config_file(host_api/cmake/gateway_hostConfig.cmake.in
  ${CMAKE_BINARY_DIR}/gateway_hostConfig.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/gateway_hostConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES
  ${CMAKE_BINARY_DIR}/gateway_hostConfig.cmake ${CMAKE_BINARY_DIR}/gateway_hostConfigVersion.cmake
  host_api/cmake/GatewayPlugin.cmake host_api/cmake/gateway_plugin.map
  DESTINATION ${package_dir} COMPONENT sdk)

foreach(program openclawd openclaw gateway-prover)
  if(TARGET ${program})
    install(TARGETS ${program} RUNTIME COMPONENT gateway)
  endif()
endforeach()

# Where the daemon looks for it: beside its own prefix. A library is refused at load if group or
# others may write it or its directory, so the umask has no say.
set(plugin_dir lib/openclaw/plugins)
if(TARGET ansible_plugin)
  install(DIRECTORY DESTINATION ${plugin_dir} COMPONENT gateway
    DIRECTORY_PERMISSIONS
      OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
  install(PROGRAMS $<TARGET_FILE:ansible_plugin> DESTINATION ${plugin_dir} COMPONENT gateway)
  install(FILES ${CMAKE_BINARY_DIR}/plugin/ansible.so DESTINATION ${plugin_dir} COMPONENT gateway)
endif()
