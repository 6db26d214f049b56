# Generated from protos/cift/risk/v1/risk_service.proto by protos/grpc_plugin.py. DO NOT EDIT.
from collections.abc import AsyncIterable, AsyncIterator, Sequence

import grpc
from cift.risk.v1 import risk_service_pb2

_Metadata = Sequence[tuple[str, str | bytes]]

class RiskServiceStub:
    def __init__(self, channel: grpc.aio.Channel) -> None: ...
    def CheckOrder(
        self,
        request: risk_service_pb2.CheckOrderRequest,
        *,
        timeout: float | None = None,
        metadata: _Metadata | None = None,
        wait_for_ready: bool | None = None,
    ) -> grpc.aio.UnaryUnaryCall: ...
    def GetLimits(
        self,
        request: risk_service_pb2.GetLimitsRequest,
        *,
        timeout: float | None = None,
        metadata: _Metadata | None = None,
        wait_for_ready: bool | None = None,
    ) -> grpc.aio.UnaryUnaryCall: ...
    def SetLimits(
        self,
        request: risk_service_pb2.SetLimitsRequest,
        *,
        timeout: float | None = None,
        metadata: _Metadata | None = None,
        wait_for_ready: bool | None = None,
    ) -> grpc.aio.UnaryUnaryCall: ...
    def ListPositions(
        self,
        request: risk_service_pb2.ListPositionsRequest,
        *,
        timeout: float | None = None,
        metadata: _Metadata | None = None,
        wait_for_ready: bool | None = None,
    ) -> grpc.aio.UnaryUnaryCall: ...
    def GetExposure(
        self,
        request: risk_service_pb2.GetExposureRequest,
        *,
        timeout: float | None = None,
        metadata: _Metadata | None = None,
        wait_for_ready: bool | None = None,
    ) -> grpc.aio.UnaryUnaryCall: ...
    def GetProfitAndLoss(
        self,
        request: risk_service_pb2.GetProfitAndLossRequest,
        *,
        timeout: float | None = None,
        metadata: _Metadata | None = None,
        wait_for_ready: bool | None = None,
    ) -> grpc.aio.UnaryUnaryCall: ...
    def StreamPositions(
        self,
        request: risk_service_pb2.StreamPositionsRequest,
        *,
        timeout: float | None = None,
        metadata: _Metadata | None = None,
        wait_for_ready: bool | None = None,
    ) -> grpc.aio.UnaryStreamCall: ...
    def ListBreaches(
        self,
        request: risk_service_pb2.ListBreachesRequest,
        *,
        timeout: float | None = None,
        metadata: _Metadata | None = None,
        wait_for_ready: bool | None = None,
    ) -> grpc.aio.UnaryUnaryCall: ...
    def StreamBreaches(
        self,
        request: risk_service_pb2.StreamBreachesRequest,
        *,
        timeout: float | None = None,
        metadata: _Metadata | None = None,
        wait_for_ready: bool | None = None,
    ) -> grpc.aio.UnaryStreamCall: ...
    def Kill(
        self,
        request: risk_service_pb2.KillRequest,
        *,
        timeout: float | None = None,
        metadata: _Metadata | None = None,
        wait_for_ready: bool | None = None,
    ) -> grpc.aio.UnaryUnaryCall: ...
    def Unkill(
        self,
        request: risk_service_pb2.UnkillRequest,
        *,
        timeout: float | None = None,
        metadata: _Metadata | None = None,
        wait_for_ready: bool | None = None,
    ) -> grpc.aio.UnaryUnaryCall: ...
    def ListKillSwitches(
        self,
        request: risk_service_pb2.ListKillSwitchesRequest,
        *,
        timeout: float | None = None,
        metadata: _Metadata | None = None,
        wait_for_ready: bool | None = None,
    ) -> grpc.aio.UnaryUnaryCall: ...

class RiskServiceServicer:
    async def CheckOrder(
        self, request: risk_service_pb2.CheckOrderRequest, context: grpc.aio.ServicerContext
    ) -> risk_service_pb2.CheckOrderResponse: ...
    async def GetLimits(
        self, request: risk_service_pb2.GetLimitsRequest, context: grpc.aio.ServicerContext
    ) -> risk_service_pb2.GetLimitsResponse: ...
    async def SetLimits(
        self, request: risk_service_pb2.SetLimitsRequest, context: grpc.aio.ServicerContext
    ) -> risk_service_pb2.SetLimitsResponse: ...
    async def ListPositions(
        self, request: risk_service_pb2.ListPositionsRequest, context: grpc.aio.ServicerContext
    ) -> risk_service_pb2.ListPositionsResponse: ...
    async def GetExposure(
        self, request: risk_service_pb2.GetExposureRequest, context: grpc.aio.ServicerContext
    ) -> risk_service_pb2.GetExposureResponse: ...
    async def GetProfitAndLoss(
        self, request: risk_service_pb2.GetProfitAndLossRequest, context: grpc.aio.ServicerContext
    ) -> risk_service_pb2.GetProfitAndLossResponse: ...
    def StreamPositions(
        self, request: risk_service_pb2.StreamPositionsRequest, context: grpc.aio.ServicerContext
    ) -> AsyncIterator[risk_service_pb2.StreamPositionsResponse]: ...
    async def ListBreaches(
        self, request: risk_service_pb2.ListBreachesRequest, context: grpc.aio.ServicerContext
    ) -> risk_service_pb2.ListBreachesResponse: ...
    def StreamBreaches(
        self, request: risk_service_pb2.StreamBreachesRequest, context: grpc.aio.ServicerContext
    ) -> AsyncIterator[risk_service_pb2.StreamBreachesResponse]: ...
    async def Kill(
        self, request: risk_service_pb2.KillRequest, context: grpc.aio.ServicerContext
    ) -> risk_service_pb2.KillResponse: ...
    async def Unkill(
        self, request: risk_service_pb2.UnkillRequest, context: grpc.aio.ServicerContext
    ) -> risk_service_pb2.UnkillResponse: ...
    async def ListKillSwitches(
        self, request: risk_service_pb2.ListKillSwitchesRequest, context: grpc.aio.ServicerContext
    ) -> risk_service_pb2.ListKillSwitchesResponse: ...

def add_RiskServiceServicer_to_server(
    servicer: RiskServiceServicer, server: grpc.aio.Server
) -> None: ...
