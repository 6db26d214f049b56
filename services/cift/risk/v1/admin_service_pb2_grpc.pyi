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
    def ListFirms(
        self,
        request: admin_service_pb2.ListFirmsRequest,
        *,
        timeout: float | None = None,
        metadata: _Metadata | None = None,
        wait_for_ready: bool | None = None,
    ) -> grpc.aio.UnaryUnaryCall: ...
    def CreateUser(
        self,
        request: admin_service_pb2.CreateUserRequest,
        *,
        timeout: float | None = None,
        metadata: _Metadata | None = None,
        wait_for_ready: bool | None = None,
    ) -> grpc.aio.UnaryUnaryCall: ...
    def GetUser(
        self,
        request: admin_service_pb2.GetUserRequest,
        *,
        timeout: float | None = None,
        metadata: _Metadata | None = None,
        wait_for_ready: bool | None = None,
    ) -> grpc.aio.UnaryUnaryCall: ...
    def UpdateUser(
        self,
        request: admin_service_pb2.UpdateUserRequest,
        *,
        timeout: float | None = None,
        metadata: _Metadata | None = None,
        wait_for_ready: bool | None = None,
    ) -> grpc.aio.UnaryUnaryCall: ...
    def ListUsers(
        self,
        request: admin_service_pb2.ListUsersRequest,
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
    def UpdateAccount(
        self,
        request: admin_service_pb2.UpdateAccountRequest,
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
    def ListApiKeys(
        self,
        request: admin_service_pb2.ListApiKeysRequest,
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
    def ListInstruments(
        self,
        request: admin_service_pb2.ListInstrumentsRequest,
        *,
        timeout: float | None = None,
        metadata: _Metadata | None = None,
        wait_for_ready: bool | None = None,
    ) -> grpc.aio.UnaryUnaryCall: ...
    def AddLocate(
        self,
        request: admin_service_pb2.AddLocateRequest,
        *,
        timeout: float | None = None,
        metadata: _Metadata | None = None,
        wait_for_ready: bool | None = None,
    ) -> grpc.aio.UnaryUnaryCall: ...
    def ReleaseLocate(
        self,
        request: admin_service_pb2.ReleaseLocateRequest,
        *,
        timeout: float | None = None,
        metadata: _Metadata | None = None,
        wait_for_ready: bool | None = None,
    ) -> grpc.aio.UnaryUnaryCall: ...
    def ListLocates(
        self,
        request: admin_service_pb2.ListLocatesRequest,
        *,
        timeout: float | None = None,
        metadata: _Metadata | None = None,
        wait_for_ready: bool | None = None,
    ) -> grpc.aio.UnaryUnaryCall: ...
    def SetFees(
        self,
        request: admin_service_pb2.SetFeesRequest,
        *,
        timeout: float | None = None,
        metadata: _Metadata | None = None,
        wait_for_ready: bool | None = None,
    ) -> grpc.aio.UnaryUnaryCall: ...
    def ListFees(
        self,
        request: admin_service_pb2.ListFeesRequest,
        *,
        timeout: float | None = None,
        metadata: _Metadata | None = None,
        wait_for_ready: bool | None = None,
    ) -> grpc.aio.UnaryUnaryCall: ...
    def SetConversion(
        self,
        request: admin_service_pb2.SetConversionRequest,
        *,
        timeout: float | None = None,
        metadata: _Metadata | None = None,
        wait_for_ready: bool | None = None,
    ) -> grpc.aio.UnaryUnaryCall: ...
    def ListConversions(
        self,
        request: admin_service_pb2.ListConversionsRequest,
        *,
        timeout: float | None = None,
        metadata: _Metadata | None = None,
        wait_for_ready: bool | None = None,
    ) -> grpc.aio.UnaryUnaryCall: ...
    def ListAuditEntries(
        self,
        request: admin_service_pb2.ListAuditEntriesRequest,
        *,
        timeout: float | None = None,
        metadata: _Metadata | None = None,
        wait_for_ready: bool | None = None,
    ) -> grpc.aio.UnaryUnaryCall: ...

class AdminServiceServicer:
    async def CreateFirm(
        self, request: admin_service_pb2.CreateFirmRequest, context: grpc.aio.ServicerContext
    ) -> admin_service_pb2.CreateFirmResponse: ...
    async def ListFirms(
        self, request: admin_service_pb2.ListFirmsRequest, context: grpc.aio.ServicerContext
    ) -> admin_service_pb2.ListFirmsResponse: ...
    async def CreateUser(
        self, request: admin_service_pb2.CreateUserRequest, context: grpc.aio.ServicerContext
    ) -> admin_service_pb2.CreateUserResponse: ...
    async def GetUser(
        self, request: admin_service_pb2.GetUserRequest, context: grpc.aio.ServicerContext
    ) -> admin_service_pb2.GetUserResponse: ...
    async def UpdateUser(
        self, request: admin_service_pb2.UpdateUserRequest, context: grpc.aio.ServicerContext
    ) -> admin_service_pb2.UpdateUserResponse: ...
    async def ListUsers(
        self, request: admin_service_pb2.ListUsersRequest, context: grpc.aio.ServicerContext
    ) -> admin_service_pb2.ListUsersResponse: ...
    async def CreateAccount(
        self, request: admin_service_pb2.CreateAccountRequest, context: grpc.aio.ServicerContext
    ) -> admin_service_pb2.CreateAccountResponse: ...
    async def UpdateAccount(
        self, request: admin_service_pb2.UpdateAccountRequest, context: grpc.aio.ServicerContext
    ) -> admin_service_pb2.UpdateAccountResponse: ...
    async def ListAccounts(
        self, request: admin_service_pb2.ListAccountsRequest, context: grpc.aio.ServicerContext
    ) -> admin_service_pb2.ListAccountsResponse: ...
    async def CreateApiKey(
        self, request: admin_service_pb2.CreateApiKeyRequest, context: grpc.aio.ServicerContext
    ) -> admin_service_pb2.CreateApiKeyResponse: ...
    async def ListApiKeys(
        self, request: admin_service_pb2.ListApiKeysRequest, context: grpc.aio.ServicerContext
    ) -> admin_service_pb2.ListApiKeysResponse: ...
    async def DisableApiKey(
        self, request: admin_service_pb2.DisableApiKeyRequest, context: grpc.aio.ServicerContext
    ) -> admin_service_pb2.DisableApiKeyResponse: ...
    async def CreateInstrument(
        self, request: admin_service_pb2.CreateInstrumentRequest, context: grpc.aio.ServicerContext
    ) -> admin_service_pb2.CreateInstrumentResponse: ...
    async def UpdateInstrument(
        self, request: admin_service_pb2.UpdateInstrumentRequest, context: grpc.aio.ServicerContext
    ) -> admin_service_pb2.UpdateInstrumentResponse: ...
    async def ListInstruments(
        self, request: admin_service_pb2.ListInstrumentsRequest, context: grpc.aio.ServicerContext
    ) -> admin_service_pb2.ListInstrumentsResponse: ...
    async def AddLocate(
        self, request: admin_service_pb2.AddLocateRequest, context: grpc.aio.ServicerContext
    ) -> admin_service_pb2.AddLocateResponse: ...
    async def ReleaseLocate(
        self, request: admin_service_pb2.ReleaseLocateRequest, context: grpc.aio.ServicerContext
    ) -> admin_service_pb2.ReleaseLocateResponse: ...
    async def ListLocates(
        self, request: admin_service_pb2.ListLocatesRequest, context: grpc.aio.ServicerContext
    ) -> admin_service_pb2.ListLocatesResponse: ...
    async def SetFees(
        self, request: admin_service_pb2.SetFeesRequest, context: grpc.aio.ServicerContext
    ) -> admin_service_pb2.SetFeesResponse: ...
    async def ListFees(
        self, request: admin_service_pb2.ListFeesRequest, context: grpc.aio.ServicerContext
    ) -> admin_service_pb2.ListFeesResponse: ...
    async def SetConversion(
        self, request: admin_service_pb2.SetConversionRequest, context: grpc.aio.ServicerContext
    ) -> admin_service_pb2.SetConversionResponse: ...
    async def ListConversions(
        self, request: admin_service_pb2.ListConversionsRequest, context: grpc.aio.ServicerContext
    ) -> admin_service_pb2.ListConversionsResponse: ...
    async def ListAuditEntries(
        self, request: admin_service_pb2.ListAuditEntriesRequest, context: grpc.aio.ServicerContext
    ) -> admin_service_pb2.ListAuditEntriesResponse: ...

def add_AdminServiceServicer_to_server(
    servicer: AdminServiceServicer, server: grpc.aio.Server
) -> None: ...
