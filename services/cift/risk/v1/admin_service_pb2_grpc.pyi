# Generated from protos/cift/risk/v1/admin_service.proto by protos/grpc_plugin.py. DO NOT EDIT.
from collections.abc import AsyncIterable, AsyncIterator, Sequence

import grpc
from cift.risk.v1 import admin_service_pb2

_Metadata = Sequence[tuple[str, str | bytes]]

class AdminServiceStub:
    def __init__(self, channel: grpc.aio.Channel) -> None: ...
    def CreateFirm(
        self,
        request: admin_service_pb2.CreateFirmRequest,
        *,
        timeout: float | None = None,
        metadata: _Metadata | None = None,
        wait_for_ready: bool | None = None,
    ) -> grpc.aio.UnaryUnaryCall: ...
    def CreateAccount(
        self,
        request: admin_service_pb2.CreateAccountRequest,
        *,
        timeout: float | None = None,
        metadata: _Metadata | None = None,
        wait_for_ready: bool | None = None,
    ) -> grpc.aio.UnaryUnaryCall: ...
    def ListAccounts(
        self,
        request: admin_service_pb2.ListAccountsRequest,
        *,
        timeout: float | None = None,
        metadata: _Metadata | None = None,
        wait_for_ready: bool | None = None,
    ) -> grpc.aio.UnaryUnaryCall: ...
    def CreateApiKey(
        self,
        request: admin_service_pb2.CreateApiKeyRequest,
        *,
        timeout: float | None = None,
        metadata: _Metadata | None = None,
        wait_for_ready: bool | None = None,
    ) -> grpc.aio.UnaryUnaryCall: ...
    def DisableApiKey(
        self,
        request: admin_service_pb2.DisableApiKeyRequest,
        *,
        timeout: float | None = None,
        metadata: _Metadata | None = None,
        wait_for_ready: bool | None = None,
    ) -> grpc.aio.UnaryUnaryCall: ...
    def CreateInstrument(
        self,
        request: admin_service_pb2.CreateInstrumentRequest,
        *,
        timeout: float | None = None,
        metadata: _Metadata | None = None,
        wait_for_ready: bool | None = None,
    ) -> grpc.aio.UnaryUnaryCall: ...
    def UpdateInstrument(
        self,
        request: admin_service_pb2.UpdateInstrumentRequest,
        *,
        timeout: float | None = None,
        metadata: _Metadata | None = None,
        wait_for_ready: bool | None = None,
    ) -> grpc.aio.UnaryUnaryCall: ...

class AdminServiceServicer:
    async def CreateFirm(
        self, request: admin_service_pb2.CreateFirmRequest, context: grpc.aio.ServicerContext
    ) -> admin_service_pb2.CreateFirmResponse: ...
    async def CreateAccount(
        self, request: admin_service_pb2.CreateAccountRequest, context: grpc.aio.ServicerContext
    ) -> admin_service_pb2.CreateAccountResponse: ...
    async def ListAccounts(
        self, request: admin_service_pb2.ListAccountsRequest, context: grpc.aio.ServicerContext
    ) -> admin_service_pb2.ListAccountsResponse: ...
    async def CreateApiKey(
        self, request: admin_service_pb2.CreateApiKeyRequest, context: grpc.aio.ServicerContext
    ) -> admin_service_pb2.CreateApiKeyResponse: ...
    async def DisableApiKey(
        self, request: admin_service_pb2.DisableApiKeyRequest, context: grpc.aio.ServicerContext
    ) -> admin_service_pb2.DisableApiKeyResponse: ...
    async def CreateInstrument(
        self, request: admin_service_pb2.CreateInstrumentRequest, context: grpc.aio.ServicerContext
    ) -> admin_service_pb2.CreateInstrumentResponse: ...
    async def UpdateInstrument(
        self, request: admin_service_pb2.UpdateInstrumentRequest, context: grpc.aio.ServicerContext
    ) -> admin_service_pb2.UpdateInstrumentResponse: ...

def add_AdminServiceServicer_to_server(
    servicer: AdminServiceServicer, server: grpc.aio.Server
) -> None: ...
